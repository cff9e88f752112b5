import { httpSchema } from '../../src/config/http-schema.ts'
import { Access } from '../../src/http/access/access.ts'
import type { Handler, On, Operation, QueryShape, RouteDeps } from '../../src/http/operation.ts'
import { ROUTES } from '../../src/http/routes/registry.ts'
import { FakeControl } from './fake-control.ts'

/** An operation with its handler. */
export interface Handled {
  readonly operation: Operation
  readonly handler: Handler<QueryShape>
}

/** Every operation with its handler, as the server gets them. */
export function operations(): readonly Handled[] {
  const found: Handled[] = []
  const on = ((operation: Operation, handler: Handler<QueryShape>) =>
    void found.push({ operation, handler })) as On
  const settings = httpSchema.parse({})
  const deps: RouteDeps = {
    access: Object.assign(new Access(settings), { holdsToken: () => true }),
    settings,
    idempotency: {} as RouteDeps['idempotency'],
    ownStopsOf: () => undefined,
    operations: () => found.map(({ operation }) => operation),
  }
  for (const add of ROUTES) add(on, new FakeControl(), deps)
  return found
}
