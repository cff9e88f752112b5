import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ApiDocument, JsonSchema } from '../../ports/api-document.ts'
import { read } from '../api.ts'
import { Failure, Table } from '../parts/table.tsx'
import { curlOf, operationsOf, resolved, typeOf, type Shown } from './docs-text.ts'

/** `/docs`: the document of the API, by group. */
export function DocsPage() {
  const document = useSignal<ApiDocument | undefined>(undefined)
  const failure = useSignal<string | undefined>(undefined)
  const filter = useSignal('')
  useEffect(() => {
    read<ApiDocument>('openapi.json')
      .then(found => (document.value = found))
      .catch((error: unknown) => (failure.value = String(error)))
  }, [])
  const found = document.value
  const wanted = filter.value.toLowerCase().split(/\s+/)
  const all = found === undefined ? [] : operationsOf(found)
  const shown = all.filter(each => {
    const text = `${each.method} ${each.path} ${each.summary}`.toLowerCase()
    return wanted.every(word => text.includes(word))
  })
  return (
    <main id="main">
      <Failure text={failure.value} />
      <div class="head">
        <h1>HTTP API {found?.info.version}</h1>
        <a href=".">The live page</a>
      </div>
      {found !== undefined && (
        <>
          <p>
            <Marked text={found.info.description} />
          </p>
          <p>
            The same for programs: <a href="openapi.json">openapi.json</a>
          </p>
          <section class="card" aria-label="Roles">
            <Roles roles={found['x-watchkeeper-roles']} />
          </section>
          <div class="tools">
            <input
              type="search"
              placeholder="Filter"
              aria-label="Filter the operations"
              onInput={({ currentTarget }) => (filter.value = currentTarget.value)}
            />
            <span class="count">
              {shown.length} of {all.length}
            </span>
          </div>
          {found.tags.map(({ name }) => (
            <Group key={name} name={name} api={found} items={shown} />
          ))}
        </>
      )}
    </main>
  )
}

/** A text in which backquotes enclose code. */
function Marked({ text = '' }: { readonly text?: string | undefined }) {
  const parts = text.split('`')
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
}

function Roles({ roles }: { readonly roles: ApiDocument['x-watchkeeper-roles'] }) {
  return (
    <Table
      label="Roles"
      items={Object.entries(roles)}
      keyOf={([name]) => name}
      columns={[
        { head: 'Role', cell: ([name]) => <code>{name}</code> },
        {
          head: 'May',
          cell: ([, text]) => (
            <small>
              <Marked text={text} />
            </small>
          ),
        },
      ]}
    />
  )
}

function Group(props: {
  readonly name: string
  readonly api: ApiDocument
  readonly items: readonly Shown[]
}) {
  const items = props.items.filter(({ tags }) => tags.includes(props.name))
  if (items.length === 0) return null
  return (
    <section class="card" aria-label={props.name}>
      <h2>{props.name}</h2>
      {items.map(each => (
        <details key={each.operationId} id={each.operationId}>
          <summary>
            <code>
              {each.method} {each.path}
            </code>{' '}
            <Marked text={each.summary} />
          </summary>
          <Detail api={props.api} operation={each} />
        </details>
      ))}
    </section>
  )
}

function Detail({ api, operation }: { readonly api: ApiDocument; readonly operation: Shown }) {
  const body = operation.requestBody?.content['application/json'].schema
  const parameters = operation.parameters.map(each => resolved(api, each))
  return (
    <>
      <p class="note">
        Role <code>{operation['x-watchkeeper-role']}</code>
      </p>
      <pre>
        <code>{curlOf(operation)}</code>
      </pre>
      {parameters.length > 0 && (
        <Table
          label={`Parameters of ${operation.operationId}`}
          items={parameters}
          keyOf={({ name }) => name}
          columns={[
            { head: 'Parameter', cell: ({ name }) => <code>{name}</code> },
            { head: 'In', cell: each => each.in + (each.required ? ', required' : '') },
            { head: 'Type', cell: ({ schema }) => <small>{typeOf(schema)}</small> },
            {
              head: 'Meaning',
              cell: ({ description }) => (
                <small>
                  <Marked text={description} />
                </small>
              ),
            },
          ]}
        />
      )}
      {body !== undefined && <Schema title="Body" schema={body} />}
      <Answers operation={operation} />
    </>
  )
}

function Answers({ operation }: { readonly operation: Shown }) {
  const answers = Object.entries(operation.responses)
  return (
    <>
      <Table
        label={`Answers of ${operation.operationId}`}
        items={answers}
        keyOf={([status]) => status}
        columns={[
          { head: 'Status', cell: ([status]) => status },
          {
            head: 'Code',
            cell: ([, each]) => <small>{each['x-watchkeeper-codes']?.join(', ')}</small>,
          },
          {
            head: 'Meaning',
            cell: ([, { description }]) => (
              <small>
                <Marked text={description} />
              </small>
            ),
          },
        ]}
      />
      {answers.flatMap(([status, { content = {} }]) =>
        Object.entries(content).map(([type, { schema }]) =>
          schema === undefined || '$ref' in schema ? null : (
            <Schema key={status + type} title={`${status} ${type}`} schema={schema} />
          ),
        ),
      )}
    </>
  )
}

function Schema({ title, schema }: { readonly title: string; readonly schema: JsonSchema }) {
  return (
    <details>
      <summary>{title}</summary>
      <pre tabIndex={0}>
        <code>{JSON.stringify(schema, null, 2)}</code>
      </pre>
    </details>
  )
}
