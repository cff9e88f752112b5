const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** Why the address of a server is invalid; undefined where it is valid. */
export function faultOfUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'an address such as https://bridge.example'
  const { protocol, username, password, search, hash } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return 'an address with https: or http:'
  if (username !== '' || password !== '') return 'an address without a password'
  return search === '' && hash === '' ? undefined : 'an address without ? and #'
}

/** Whether traffic to an address is unencrypted and leaves this machine. */
export function isInTheClear(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'http:' && !LOOPBACK.test(hostname)
}
