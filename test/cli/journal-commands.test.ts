import type { ServerResponse } from 'node:http'
import { expect } from 'chai'
import { follow } from '../../src/cli/journal-follow.ts'
import { WatchkeeperClient } from '../../src/client/watchkeeper-client.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { cliHere } from '../support/cli-here.ts'
import { FakeControl } from '../support/fake-control.ts'
import { OddServer } from '../support/odd-server.ts'

const lineText = (seq: number, positionId = 'a'): string =>
  `id: ${seq}\ndata: ${JSON.stringify({ seq, at: 1, kind: 'test', positionId })}\n\n`

describe('journal', () => {
  let control: FakeControl
  let server: HttpServer

  beforeEach(async () => {
    control = new FakeControl()
    server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
  })

  afterEach(() => server.close())

  /** Numbers of the printed lines: the first, the last, how many. */
  async function shown(...args: string[]): Promise<unknown[]> {
    const url = `http://127.0.0.1:${server.port}`
    const { stdout } = await cliHere(['journal', '--url', url, '--format', 'json', ...args])
    const lines = stdout === '' ? [] : stdout.trim().split('\n')
    const numbers = lines.map(line => (JSON.parse(line) as JournalLine).seq)
    return [numbers[0], numbers.at(-1), numbers.length]
  }

  it('prints no line of an empty journal', async () => {
    expect(await shown()).to.deep.equal([undefined, undefined, 0])
    expect(await shown('--limit', '2000')).to.deep.equal([undefined, undefined, 0])
  })

  it('prints the newest lines unless a start is given', async () => {
    control.happen(2_500)
    expect(await shown()).to.deep.equal([1_501, 2_500, 1_000])
    expect(await shown('--limit', '3')).to.deep.equal([2_498, 2_500, 3])
    expect(await shown('--limit', '2200')).to.deep.equal([301, 2_500, 2_200])
    expect(await shown('--limit', '9000')).to.deep.equal([1, 2_500, 2_500])
    expect(await shown('--after', '0')).to.deep.equal([1, 1_000, 1_000])
    expect(await shown('--after', '400', '--limit', '1500')).to.deep.equal([401, 1_900, 1_500])
  })

  it('finds the newest lines of one position among those of others', async () => {
    control.happen(1_200, { positionId: 'a' })
    control.happen(1_500, { positionId: 'b' })
    expect(await shown('--position', 'a')).to.deep.equal([201, 1_200, 1_000])
    expect(await shown('--position', 'a', '--limit', '1100')).to.deep.equal([101, 1_200, 1_100])
  })

  it('refuses a kind that does not exist, with a guess', async () => {
    const { code, stderr } = await cliHere(['journal', '--kind', 'exit-fill'])
    expect([code, stderr]).to.deep.equal([2, stderr])
    expect(stderr).to.contain('did you mean exit-filled?')
  })

  it('prints the lines of one kind, however many others lie between them', async () => {
    control.happen(3, { kind: 'exit-filled', positionId: 'a' })
    control.happen(1_500)
    control.happen(2, { kind: 'exit-filled', positionId: 'b' })
    control.happen(1_200)
    const kind = ['--kind', 'exit-filled'] as const
    expect(await shown(...kind)).to.deep.equal([1, 1_505, 5])
    expect(await shown(...kind, '--limit', '3')).to.deep.equal([3, 1_505, 3])
    expect(await shown(...kind, '--after', '1', '--limit', '3')).to.deep.equal([2, 1_504, 3])
    expect(await shown(...kind, '--position', 'b')).to.deep.equal([1_504, 1_505, 2])
  })

  describe('--follow', () => {
    let other: OddServer

    afterEach(() => other.close())

    interface Followed {
      readonly seqs: readonly number[]
      readonly said: string
      readonly error: string
      readonly asked: readonly string[]
    }

    /**
     * Follows a service whose streams, one after the other, are these; the last one must end it.
     */
    async function followed(
      streams: readonly ((response: ServerResponse) => unknown)[],
      { silenceMs = 60_000, position }: { silenceMs?: number; position?: string } = {},
    ): Promise<Followed> {
      let next = 0
      const page = Array.from({ length: 12 }, (_, index) => ({
        seq: index + 1,
        at: 1,
        kind: 'old',
      }))
      other = new OddServer((request, response) => {
        if (request.url!.startsWith('/api/journal')) {
          const last = Number(/last=(\d+)/.exec(request.url!)![1])
          response.writeHead(200, { 'content-type': 'application/json' })
          return void response.end(JSON.stringify(page.slice(-last)))
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        streams[next++]!(response)
      })
      const client = new WatchkeeperClient({ url: await other.open(), silenceMs })
      const seqs: number[] = []
      let said = ''
      const error = await follow(client, {
        wanted: { after: undefined, limit: 10, position },
        context: { env: {}, stderr: { write: text => ((said += text), true) } },
        show: line => void seqs.push(line.seq),
        againMs: 1,
      }).then(
        () => 'nothing',
        (cause: unknown) => (cause as Error).message,
      )
      const asked = other.asked.filter(each => each.includes('/api/events'))
      return { seqs, said, error, asked }
    }

    const stranger = (response: ServerResponse): unknown => response.write('data: hello\n\n')

    it('ends at an event that is no journal line', async () => {
      for (const text of ['data: hello\n\n', 'data: {"seq":"x"}\n\n', 'data: null\n\n']) {
        const { error } = await followed([response => response.write(text)])
        expect(error).to.match(/is no watchkeeper: an event/)
        other.close()
      }
    })

    it('survives a restart before the first line, and continues where it was', async () => {
      const { seqs, said, asked } = await followed([
        response => response.end(),
        response => void response.write(lineText(13), () => response.destroy()),
        stranger,
      ])
      expect(seqs).to.deep.equal([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
      expect(asked.map(each => /after=\d+/.exec(each)![0])).to.deep.equal([
        'after=12',
        'after=12',
        'after=13',
      ])
      expect(said.trim().split('\n')).to.have.length(2)
      expect(said).to.match(/^the stream ended: connecting again\n/)
    })

    it('reconnects to a service that has become silent', async () => {
      const { said } = await followed([response => response.write(': alive\n\n'), stranger], {
        silenceMs: 50,
      })
      expect(said).to.match(/did not answer within 0\.05 s: connecting again\n$/)
    })

    it('starts anew where the journal ends before the last printed line', async () => {
      const reset = 'event: reset\nid: 0\ndata: {"kind":"reset","seen":12,"last":1}\n\n'
      const { seqs, said, asked } = await followed([
        response => void response.write(reset + lineText(1), () => response.destroy()),
        stranger,
      ])
      expect(seqs.slice(-2)).to.deep.equal([12, 1])
      expect(said).to.match(/^the journal of the service ends before the last line shown/)
      expect(asked[1]).to.include('after=1')
    })

    it('shows only the lines of the position that is named', async () => {
      const stream = (response: ServerResponse): unknown =>
        response.write(lineText(13) + lineText(14, 'b')) && stranger(response)
      const { seqs } = await followed([stream], { position: 'b' })
      expect(seqs.at(-1)).to.equal(14)
      expect(seqs).to.not.include(13)
    })

    it('fails at once where no service answers at first', async () => {
      other = new OddServer(() => undefined)
      const url = await other.open()
      other.close()
      const { code, stderr } = await cliHere(['journal', '--follow', '--url', url])
      expect([code, stderr.split(':')[1]]).to.deep.equal([1, ' NO_SERVICE'])
    })
  })
})
