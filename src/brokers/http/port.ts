import type { Broker, Capabilities } from '../../ports/broker.ts'
import type { TokenSource } from '../credentials.ts'
import type { Oddities } from './oddities.ts'
import type { HttpBrokerConfig } from './options.ts'

/** The validated configuration, plus what only code can supply. */
export interface HttpBrokerOptions extends Omit<
  HttpBrokerConfig,
  'token' | 'tokenFile' | 'tokenCommand' | 'tokenExpiresAt' | 'capabilities' | 'plainHttp'
> {
  readonly capabilities: Capabilities
  /** Supplies the bearer token of each request, so that the token can be rotated. */
  readonly token: TokenSource
  /** Epoch ms. */
  readonly now?: () => number
  /** The clock by which orders state their deadlines, epoch ms; it never jumps. Default: `now`. */
  readonly steady?: () => number
  /** Called for each value of the server that was corrected or dropped. */
  readonly onOddity?: (kind: keyof Oddities) => void
}

/** A broker behind the HTTP protocol of docs/brokers.md. */
export interface HttpBroker extends Broker {
  readonly oddities: Oddities
  /** Reads the capabilities that the server reports, to compare them with the configuration. */
  announced(signal: AbortSignal): Promise<Capabilities>
}
