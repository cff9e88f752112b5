import { statSync } from 'node:fs'
import { privateText } from './private-file.ts'

/** A changed file is read once it has not changed for so long, ms: a writer may be half way through it. */
const SETTLE_MS = 300

export interface SettledFileOptions<Content> {
  readonly file: string
  /** Names it in messages. */
  readonly what: string
  /** Who may read it; a file that others can read is refused. */
  readonly readers: 'owner' | 'group'
  /** @throws Error that shows nothing of the text. */
  readonly parse: (text: string) => Content
  /** Ms; never set. */
  readonly monotonic?: () => number
}

/**
 * The content of a private file that others may replace while the process runs. A change counts once the file
 * rests, and only where it can be read: until then the content before it does.
 */
export class SettledFile<Content> {
  private readonly options: SettledFileOptions<Content>
  private readonly monotonic: () => number
  private accepted: { readonly version: string; readonly content: Content } | undefined
  private candidate: { readonly version: string; readonly since: number } | undefined
  private trouble: string | undefined

  constructor(options: SettledFileOptions<Content>) {
    this.options = options
    this.monotonic = options.monotonic ?? (() => performance.now())
  }

  /** Why a later content than the one in use cannot be used; undefined: there is none. */
  get failure(): string | undefined {
    return this.trouble
  }

  /**
   * The last content that could be read.
   *
   * @throws Error that shows nothing of it, where none could be read yet.
   */
  content(): Content {
    try {
      this.refresh()
    } catch (cause) {
      this.trouble = cause instanceof Error ? cause.message : String(cause)
      if (this.accepted === undefined) throw cause
    }
    return this.accepted!.content
  }

  private refresh(): void {
    const { file, what, readers, parse } = this.options
    const version = versionOf(file, what)
    if (version === this.accepted?.version) {
      this.candidate = undefined
      this.trouble = undefined
      return
    }
    const now = this.monotonic()
    if (this.candidate?.version !== version) this.candidate = { version, since: now }
    if (this.accepted !== undefined && now - this.candidate.since < SETTLE_MS) return
    const content = parse(privateText(file, what, readers))
    // It changed while it was read: the next call reads it again.
    if (versionOf(file, what) !== version) return
    this.accepted = { version, content }
    this.trouble = undefined
  }
}

/** What differs between two contents of a file, and between two files of one name. */
function versionOf(file: string, what: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  if (found === undefined) throw new Error(`there is no ${what} ${file}`)
  const { dev, ino, size, mtimeNs, ctimeNs } = found
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}
