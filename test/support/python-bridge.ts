import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { tokenFrom } from '../../src/brokers/credentials.ts'
import type { Capabilities } from '../../src/ports/broker.ts'
import type { BrokerAtVenue } from '../contracts/broker-contract.ts'
import { anHttpBroker } from './http-broker.ts'

const BRIDGE = fileURLToPath(new URL('../../clients/python-bridge/bridge.py', import.meta.url))

export const BRIDGE_TOKEN = 'bridge-token'

/** The example bridge as a process of its own, with a market that a test sets. */
export class PythonBridge {
  readonly url: string
  private readonly child: ChildProcess

  static async start(): Promise<PythonBridge> {
    const child = spawn('python3', [BRIDGE, '--port', '0', '--market'], {
      env: { ...process.env, BRIDGE_TOKEN, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    const [line] = (await once(lines, 'line')) as [string]
    return new PythonBridge(line.replace('bridge at ', ''), child)
  }

  private constructor(url: string, child: ChildProcess) {
    this.url = url
    this.child = child
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    await ended
  }

  /** Changes the market of the bridge; gives every fill that there has been. */
  async market(act: string, body: object = {}): Promise<BrokerFills> {
    const response = await fetch(`${this.url}/market/${act}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${BRIDGE_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`market ${act}: ${response.status}`)
    return ((await response.json()) as { fills: BrokerFills }).fills
  }

  /** The broker of an empty account, as the contract of brokers needs it. */
  async venue(capabilities: Capabilities): Promise<BrokerAtVenue> {
    await this.market('fresh')
    const broker = anHttpBroker(this.url, {
      capabilities,
      openOrders: true,
      token: tokenFrom(() => BRIDGE_TOKEN),
    })
    return {
      broker,
      deposit: async (instrument, side, quantity) => {
        const units = side === 'long' ? quantity : -quantity
        await this.market('deposit', { instrument, quantity: units })
        return { instrument }
      },
      price: (instrument, price) => this.market('price', { instrument, price }),
      fills: () => this.market('fills'),
      close: () => broker.close(),
    }
  }
}

type BrokerFills = { readonly clientOrderId: string; readonly quantity: number }[]
