import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { inTurns } from '../../ports/turns.ts'

/*
 * - lmdb maps its file into memory and trusts it: a truncated file ends the process with SIGBUS, a
 *   damaged page with SIGSEGV. So this file walks the pages before lmdb opens the file. Layout:
 *   mdb.c of lmdb 3.5 (MDB_page_header, MDB_meta, MDB_db, MDB_node), little-endian, 64 bits.
 */

const MAGIC = 0xbeefc0de
const FORMAT = 2
const HEADER = 24
const FLAGS_AT = 18
const LOWER_AT = 20
const BRANCH = 0x01
const LEAF = 0x02
const OVERFLOW = 0x04
const META = 0x08
const BIG_DATA = 0x01
const SUB_DATABASE = 0x02
const DB_BYTES = 48
const NO_PAGE = 0xffff_ffff_ffff_ffffn
const DEEPEST = 32
/** Pages that are walked in one turn of the event loop. */
const PAGES_A_TURN = 32

/** The first fault of a data file; undefined when every page in use is intact. */
export type FileFault =
  | { readonly kind: 'foreign' }
  | { readonly kind: 'damaged'; readonly why: string }

/** A page whose type or number differs from what its parent says. */
class Damage extends Error {}

/** How often a file is walked again that another process writes meanwhile. */
const MOST_WALKS = 5

/**
 * Walks every page in use of the file at `path`, which contains some of `tables` or nothing. An
 * empty file is new, thus intact.
 */
export async function faultOfFile(
  path: string,
  tables: readonly string[],
): Promise<FileFault | undefined> {
  const file = openSync(path, 'r')
  try {
    let fault: FileFault | undefined
    for (let walk = 0; walk < MOST_WALKS; walk++) {
      const before = transactionsOf(file)
      // Read the size after the transactions: a commit in between may have grown the file.
      const { size } = fstatSync(file)
      fault = size === 0 ? undefined : await faultOf(file, size, tables)
      // A writer reuses pages that it has replaced: what was read of them proves nothing.
      if (fault === undefined || before.equals(transactionsOf(file))) return fault
    }
    // Another process writes it constantly: it is open there, thus intact.
    return fault?.kind === 'foreign' ? fault : undefined
  } finally {
    closeSync(file)
  }
}

/** The numbers of the last two transactions of an open data file. */
export function transactionsOf(file: number): Buffer {
  const pageSize = readAt(file, 48, 4)
  if (pageSize.length < 4) return pageSize
  const at = [152, pageSize.readUInt32LE(0) + 152]
  return Buffer.concat(at.map(each => readAt(file, each, 8)))
}

async function faultOf(
  file: number,
  size: number,
  tables: readonly string[],
): Promise<FileFault | undefined> {
  const first = readAt(file, 0, HEADER + 136)
  if (first.length < HEADER + 8 || first.readUInt32LE(HEADER) !== MAGIC) return { kind: 'foreign' }
  try {
    if (first.readUInt32LE(HEADER + 4) !== FORMAT) throw new Damage('its format is not known')
    if (first.length < HEADER + 136) throw new Damage('its head is cut off')
    const pageSize = first.readUInt32LE(48)
    if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) {
      throw new Damage('its page size cannot be')
    }
    const walk = new Walk(file, pageSize, Math.floor(size / pageSize))
    await inTurns(walk.pagesInUse(), PAGES_A_TURN, () => undefined)
    const isOwn = walk.names.size === 0 || tables.some(name => walk.names.has(name))
    return isOwn ? undefined : { kind: 'foreign' }
  } catch (error) {
    if (error instanceof Damage) return { kind: 'damaged', why: error.message }
    if (error instanceof RangeError) return { kind: 'damaged', why: 'a page points outside itself' }
    throw error
  }
}

class Walk {
  private readonly file: number
  private readonly pageSize: number
  private readonly pages: number
  private readonly seen = new Set<number>()
  /** Tables of the file. */
  readonly names = new Set<string>()
  /** A page for each depth of the tree: one of a parent is still read while its children are. */
  private readonly buffers: Buffer[] = []

  constructor(file: number, pageSize: number, pages: number) {
    this.file = file
    this.pageSize = pageSize
    this.pages = pages
  }

  /** Walks the pages in use, one at each step. */
  *pagesInUse(): Generator<void> {
    const metas = [0, 1].map(number => this.page(number, Buffer.alloc(this.pageSize)))
    for (const meta of metas) {
      const isMeta = (meta.readUInt16LE(FLAGS_AT) & META) !== 0
      if (!isMeta || meta.readUInt32LE(HEADER) !== MAGIC) throw new Damage('a head page is damaged')
    }
    const [a, b] = metas as [Buffer, Buffer]
    const newest = b.readBigUInt64LE(152) > a.readBigUInt64LE(152) ? b : a
    yield* this.database(newest, 48, 0) // free pages
    yield* this.database(newest, 96, 0) // the table of table names
  }

  /** The tree whose MDB_db is at `at` of `page`. */
  private *database(page: Buffer, at: number, depth: number): Generator<void> {
    const root = page.readBigUInt64LE(at + DB_BYTES - 8)
    if (root !== NO_PAGE) yield* this.tree(Number(root), depth)
  }

  private *tree(number: number, depth: number): Generator<void> {
    if (depth > DEEPEST) throw new Damage('its pages point at each other')
    const page = this.own(number, depth)
    yield
    const flags = page.readUInt16LE(FLAGS_AT) & (BRANCH | LEAF | OVERFLOW | META)
    if (flags !== BRANCH && flags !== LEAF) throw new Damage(`page ${number} is damaged`)
    const count = page.readUInt16LE(LOWER_AT) >> 1
    if (HEADER + count * 2 > this.pageSize) throw new Damage(`page ${number} is damaged`)
    for (let i = 0; i < count; i++) {
      const node = page.readUInt16LE(HEADER + i * 2) + HEADER
      if (flags === BRANCH) {
        const child = page.readUInt32LE(node) + page.readUInt16LE(node + 4) * 2 ** 32
        yield* this.tree(child, depth + 1)
      } else yield* this.leaf(page, node, { number, depth })
    }
  }

  private *leaf(
    page: Buffer,
    node: number,
    { number, depth }: { readonly number: number; readonly depth: number },
  ): Generator<void> {
    const bytes = page.readUInt32LE(node)
    const flags = page.readUInt16LE(node + 4)
    const data = node + 8 + page.readUInt16LE(node + 6)
    if ((flags & BIG_DATA) !== 0) return this.overflow(page, data, depth + 1)
    if (data + bytes > this.pageSize) throw new Damage(`page ${number} is damaged`)
    if ((flags & SUB_DATABASE) === 0) return
    this.names.add(page.toString('utf8', node + 8, data).replace(/\0$/, ''))
    yield* this.database(page, data, depth + 1)
  }

  /** A value on overflow pages: MDB_ovpage is page number, transaction and count. */
  private overflow(page: Buffer, at: number, depth: number): void {
    const number = Number(page.readBigUInt64LE(at))
    const count = Number(page.readBigUInt64LE(at + 16))
    const first = this.own(number, depth)
    const isOverflow = (first.readUInt16LE(FLAGS_AT) & OVERFLOW) !== 0
    if (!isOverflow || number + count > this.pages) throw new Damage(`page ${number} is damaged`)
  }

  /** Claims a page for its one parent. */
  private own(number: number, depth: number): Buffer {
    if (this.seen.has(number)) throw new Damage(`page ${number} is used twice`)
    this.seen.add(number)
    const buffer = (this.buffers[depth] ??= Buffer.alloc(this.pageSize))
    const page = this.page(number, buffer)
    if (Number(page.readBigUInt64LE(0)) !== number) throw new Damage(`page ${number} is damaged`)
    return page
  }

  private page(number: number, into: Buffer): Buffer {
    if (!(number < this.pages)) throw new Damage(`the file is cut off before page ${number}`)
    const read = readSync(this.file, into, 0, this.pageSize, number * this.pageSize)
    return into.subarray(0, read)
  }
}

function readAt(file: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, at))
}
