import { Validator } from '@seriousme/openapi-schema-validator'
import { expect } from 'chai'
import { z } from 'zod'
import { openApi } from '../../src/http/openapi.ts'
import { PATH_PARAMETERS } from '../../src/http/openapi/examples.ts'
import type { Operation } from '../../src/http/operation.ts'
import { count } from '../../src/http/query.ts'
import { serveHttp } from '../../src/http/server.ts'
import type { ApiDocument } from '../../src/ports/api-document.ts'
import { FakeControl } from '../support/fake-control.ts'
import { ask } from '../support/http.ts'

const THING: Operation = {
  method: 'post',
  path: '/api/things/:id/turn',
  summary: 'Turn a thing',
  needs: 'agent',
  query: z.object({ times: count(1, 9, 'How often.') }),
  body: z.object({ way: z.enum(['left', 'right']) }),
  answers: { 204: { description: 'It is turned', content: [] } },
  errors: ['NOT_READY'],
}

describe('The document of the API', () => {
  it('is OpenAPI 3.1, names the version of the service and needs no token', async () => {
    const server = await serveHttp({
      control: new FakeControl(),
      host: '127.0.0.1',
      port: 0,
      hosts: ['watch.example'],
      token: 'sixteen letters!',
    })
    try {
      const { status, json } = await ask(server.port, '/openapi.json')
      expect(status).to.equal(200)
      expect(json['info']).to.include({ version: '1.2.3' })
      expect(await new Validator().validate(json)).to.deep.equal({ valid: true })
    } finally {
      await server.close()
    }
  })

  it('describes each part of an address, and has an example of each body that the service takes', async () => {
    const control = new FakeControl()
    const server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
    try {
      const { json } = await ask(server.port, '/openapi.json')
      const { paths } = json as unknown as ApiDocument
      const lacking: string[] = []
      for (const [path, operations] of Object.entries(paths)) {
        for (const [method, { parameters, requestBody }] of Object.entries(operations)) {
          for (const each of parameters) {
            if ('in' in each && (each.description ?? '') === '')
              lacking.push(`${path} ${each.name}`)
          }
          if (requestBody === undefined) continue
          const { example } = requestBody.content['application/json']
          if (example === undefined) lacking.push(`${method} ${path}`)
          if (path.startsWith('/api/accounts/')) continue
          const asked = { method: method.toUpperCase(), body: example }
          const { status, text } = await ask(server.port, path.replace('{id}', 'p1'), asked)
          expect(status, `${method} ${path}: ${text}`).to.be.below(300)
        }
      }
      expect(lacking).to.deep.equal([])
    } finally {
      await server.close()
    }
  })

  it('is refused by the check of this test where it is wrong', async () => {
    const { info: _info, ...wrong } = openApi([THING], '1.2.3')
    expect((await new Validator().validate(wrong)).valid).to.equal(false)
  })

  it('has parameters, body, role and error codes of an operation', () => {
    const { paths } = openApi([THING], '1.2.3')
    const turn = paths['/api/things/{id}/turn']!['post']!
    expect(turn.operationId).to.equal('postApiThingsByIdTurn')
    expect(turn['x-watchkeeper-role']).to.equal('agent')
    expect(turn.parameters).to.deep.equal([
      {
        name: 'id',
        in: 'path',
        required: true,
        description: PATH_PARAMETERS['id'],
        schema: { type: 'string' },
      },
      {
        name: 'times',
        in: 'query',
        required: true,
        description: 'How often.',
        schema: { type: 'integer', minimum: 1, maximum: 9 },
      },
      { $ref: '#/components/parameters/Idempotency-Key' },
    ])
    expect(turn.requestBody!.content['application/json'].schema).to.deep.include({
      properties: { way: { type: 'string', enum: ['left', 'right'] } },
      required: ['way'],
    })
    expect(turn.responses['403']!['x-watchkeeper-codes']).to.deep.equal([
      'FOREIGN_HOST',
      'FOREIGN_ORIGIN',
      'ROLE_TOO_LOW',
    ])
    expect(turn.responses['503']!['x-watchkeeper-codes']).to.include('NOT_READY')
    expect(turn.responses['204']).to.not.have.property('content')
  })

  it('offers a tag of what can be asked for again, and a key for what must not be done twice', () => {
    const { body: _body, ...rest } = THING
    const { paths } = openApi(
      [
        { ...THING, isUnkept: true },
        { ...rest, method: 'get' },
      ],
      '1.2.3',
    )
    const { get, post } = paths['/api/things/{id}/turn']!
    expect(get!.responses).to.have.property('304')
    expect(get!.parameters).to.deep.include({ $ref: '#/components/parameters/If-None-Match' })
    expect(JSON.stringify(post)).to.not.include('Idempotency-Key')
  })
})
