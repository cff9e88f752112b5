import { readFileSync } from 'node:fs'
import type { Transporter } from 'nodemailer'
import { z } from 'zod'
import { onOneLine } from '../../domain/plain-text.ts'
import { timeLimit } from '../time-limit.ts'
import {
  bodyOf,
  commonOptions,
  cut,
  detailsOf,
  plainItem,
  titleOf,
  needsSecret,
  type Channel,
  type Message,
} from './channel.ts'
import { TIMEOUT_MS, type Delivered, type Outgoing } from './delivery.ts'
import { readSecret } from './secret.ts'

const ADDRESS = /^[^\s<>,;@"]+@[^\s<>,;@"]+$/
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/
const address = z
  .string()
  .max(254)
  .regex(ADDRESS, { error: 'a mail address, such as a@example.com' })

/** A mail server that takes messages for the addresses of `to`. */
export const emailOptions = z
  .strictObject({
    kind: z.literal('email').describe('A mail server that is spoken to by SMTP.'),
    host: z.string().min(1).describe('Name of the mail server.'),
    port: z.int().min(1).max(65_535).default(465).describe('Port of the mail server.'),
    tls: z
      .enum(['implicit', 'starttls', 'none'])
      .default('implicit')
      .describe(
        '`implicit`: TLS from the first byte (port 465); `starttls`: from STARTTLS on, and nothing without it (587); `none`: for a server of this machine alone.',
      ),
    caFile: z
      .string()
      .min(1)
      .optional()
      .describe('Path of the certificate of an authority of your own; absent: those of Node.'),
    user: z.string().min(1).optional().describe('Name for the login; absent: no login.'),
    password: z
      .string()
      .min(1)
      .optional()
      .describe('Password for the login; a secret, never in the file of the configuration.'),
    passwordFile: z
      .string()
      .min(1)
      .optional()
      .describe('Path of a file of mode 0600 with the password.'),
    sender: address.describe('Address that messages come from.'),
    to: z.array(address).min(1).max(20).describe('Addresses that messages go to.'),
    ...commonOptions(),
  })
  .superRefine(needsSecret('password', ({ user }) => user !== undefined))

type EmailOptions = z.infer<typeof emailOptions>

/** Servers refuse senders of many messages: what happens meanwhile goes along with the next one. */
const SPACING_MS = 10_000
const LONGEST = 50_000
const LONGEST_SUBJECT = 150
/** Longest time that one message takes, all steps of SMTP together, ms. */
const LONGEST_MS = 30_000

interface Mail {
  readonly subject: string
  readonly text: string
  /** Part of the Message-ID: the same for each try. */
  readonly id: string
}

/** Sends plain text by SMTP, over TLS. */
export function email(options: EmailOptions): Channel {
  const { name, host, port, user, sender, to, from, events } = options
  const send = (mail: Mail): Outgoing => ({ send: stopped => sendMail(options, mail, stopped) })
  return {
    name: name ?? 'email',
    address: `${host}:${port} ${user} ${sender} ${to.join(' ')}`,
    keepsIncidents: false,
    from,
    events: new Set(events),
    spacingMs: SPACING_MS,
    longest: LONGEST,
    render: plainItem,
    request: alert =>
      send({
        subject: titleOf(alert),
        text: `${titleOf(alert)}\n${detailsOf(alert)}`,
        id: `health-${alert.at}`,
      }),
    message: message =>
      send({ subject: subjectOf(message), text: bodyOf(message, plainItem), id: message.id }),
  }
}

function subjectOf({ service, items }: Message): string {
  const [first, ...others] = items
  return `${service}: ${first!.title}${others.length === 0 ? '' : ` (and ${others.length} more)`}`
}

async function sendMail(
  options: EmailOptions,
  { subject, text, id }: Mail,
  stopped: AbortSignal,
): Promise<Delivered> {
  let transport: Transporter | undefined
  const { signal, clear } = timeLimit(LONGEST_MS, stopped)
  try {
    transport = await transportOf(options)
    const { sender, to } = options
    const host = sender.slice(sender.indexOf('@') + 1)
    const { response } = (await transport.sendMail({
      from: sender,
      to: [...to],
      subject: cut(onOneLine(subject), LONGEST_SUBJECT),
      text,
      messageId: `<${id.replace(/[^A-Za-z0-9.-]/g, '-')}@${host}>`,
      signal,
    })) as { response: string }
    return { kind: 'taken', answer: onOneLine(response) }
  } catch (error) {
    return failureOf(error)
  } finally {
    transport?.close()
    clear()
  }
}

/** @throws Error where the password or the certificate cannot be read. */
async function transportOf(options: EmailOptions): Promise<Transporter> {
  const { host, port, tls, caFile, user, password, passwordFile } = options
  if (tls === 'none' && !LOOPBACK.test(host)) {
    throw new NotSent('tls: none is for a server of this machine alone')
  }
  const { createTransport } = await import('nodemailer')
  return createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user !== undefined && { auth: { user, pass: passwordOf(password, passwordFile) } }),
    tls: { minVersion: 'TLSv1.2', ...(caFile !== undefined && { ca: caOf(caFile) }) },
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** Why nothing was sent; shows no secret. */
class NotSent extends Error {}

function passwordOf(value: string | undefined, file: string | undefined): string {
  try {
    return readSecret({ value, file, what: 'password' })
  } catch (error) {
    throw new NotSent((error as Error).message)
  }
}

function caOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new NotSent(`caFile cannot be read (${(error as NodeJS.ErrnoException).code}): ${file}`)
  }
}

/** A reply of 5xx is a refusal; 4xx, and no reply, may be otherwise next time (RFC 5321, 4.2.1). */
function failureOf(error: unknown): Delivered {
  const { code, responseCode, response } = Object(error) as {
    code?: string
    responseCode?: number
    response?: string
  }
  const answer = response === undefined ? undefined : onOneLine(response).slice(0, 200)
  const shown = answer === undefined ? {} : { answer }
  if (error instanceof NotSent) return { kind: 'unanswered', why: error.message, retryAfterMs: 0 }
  // A server without TLS, or whose certificate is not trusted, was sent nothing.
  const isUntrusted = code === 'ETLS' || /certificate/i.test((error as Error).message)
  if (responseCode !== undefined && responseCode >= 500 && !isUntrusted) {
    return { kind: 'refused', status: responseCode, retryAfterMs: 0, ...shown }
  }
  const why = isUntrusted
    ? 'no trusted TLS connection'
    : responseCode !== undefined
      ? `it answered ${responseCode}`
      : code === 'ETIMEDOUT'
        ? 'it did not answer in time'
        : 'it could not be reached'
  return { kind: 'unanswered', why, retryAfterMs: 0, ...shown }
}
