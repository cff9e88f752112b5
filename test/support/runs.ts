/**
 * The runs of a property: as many as find planted mistakes, or PROPERTY_RUNS where those are more
 * (`npm run test:long`).
 */
export const runs = (usual: number): number =>
  Math.max(usual, Number(process.env['PROPERTY_RUNS'] ?? 0))
