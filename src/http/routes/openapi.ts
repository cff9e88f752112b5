import { z } from 'zod'
import { openApi } from '../openapi.ts'
import { inJson, type Route } from '../operation.ts'
import { json, type Reply } from '../reply.ts'

/** `GET /openapi.json`: the document of the API. It says nothing of the account, and needs no token. */
export const openApiRoutes: Route = (on, { version }, { operations }) => {
  let reply: Reply | undefined
  on(
    {
      method: 'get',
      path: '/openapi.json',
      summary: 'The document of the API: OpenAPI 3.1',
      needs: 'open',
      answers: {
        200: inJson('The document', z.looseObject({ openapi: z.literal('3.1.1') })),
      },
    },
    () => (reply ??= json(openApi(operations(), version))),
  )
}
