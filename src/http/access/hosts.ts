import { BlockList, isIP } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

const plainHost = (host: string): string => host.replace(/^\[(.*)\]$/, '$1').toLowerCase()

/** Whether a host name or address can only mean this machine. */
export function isLoopback(host: string): boolean {
  const plain = plainHost(host)
  if (plain === 'localhost') return true
  const family = isIP(plain)
  return family !== 0 && LOOPBACK.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

/** The names under which a service may be reached; a page of another name is foreign. */
export class Hosts {
  private readonly onLoopback: boolean
  private readonly names: ReadonlySet<string>

  constructor(host: string, names: readonly string[]) {
    this.onLoopback = isLoopback(host)
    this.names = new Set(names)
  }

  /** Others than this machine reach the service: by its address, or by a proxy. */
  get isExposed(): boolean {
    return !this.onLoopback || this.names.size > 0
  }

  /** Proxies on this machine pass requests on, and say from where. */
  get hasProxy(): boolean {
    return this.names.size > 0
  }

  /** Whether names are checked: off loopback without configured names any name may be the machine's. */
  get isChecked(): boolean {
    return this.onLoopback || this.names.size > 0
  }

  /** Off loopback an address is no name that a foreign page could have taken. */
  knows(host: string): boolean {
    const plain = plainHost(host)
    if (isLoopback(plain) || this.names.has(plain)) return true
    return !this.onLoopback && isIP(plain) !== 0
  }

  knowsOrigin(origin: string): boolean {
    return URL.canParse(origin) && this.knows(new URL(origin).hostname)
  }

  /** What is expected, for a message. */
  get text(): string {
    return ['localhost', ...this.names].join(', ')
  }
}
