export function PositionPage() {
  return <p>position</p>
}
