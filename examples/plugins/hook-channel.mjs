// A channel of your own: one line of text to an address that takes POST.
//   plugins: [./hook-channel.mjs]
// watchkeeper plugin test ./hook-channel.mjs
//   notify: { channels: [{ kind: plugin, name: lineHook, options: { url: 'https://example.com/hook' } }] }

export default {
  kind: 'channel',
  name: 'lineHook',
  options: z => z.strictObject({ url: z.url() }),
  // What `watchkeeper plugin test` makes requests with.
  examples: [{ url: 'https://example.com/hook' }],
  request: ({ service, status, before, reasons }, { url }) => ({
    url,
    headers: { 'content-type': 'text/plain' },
    body: `${service}: ${before} -> ${status}${reasons.length > 0 ? `: ${reasons[0]}` : ''}\n`,
  }),
}
