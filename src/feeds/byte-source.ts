import { open, type FileHandle } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InputError } from '../errors.ts'

const CHUNK_BYTES = 1 << 18

/** How far one file was read. */
export interface Progress {
  /** Bytes read so far, as they are on the disk (compressed ones in a `.gz`). */
  bytesRead: number
  /** Size on the disk; undefined before the first chunk and where it is unknown (a pipe). */
  totalBytes: number | undefined
}

/**
 * Streams the bytes of `path`: unpacked if it ends in `.gz`, those of `stdin` if it is `-`. A chunk
 * may be overwritten when the next one is pulled.
 *
 * @throws InputError on pulling, for a file that cannot be opened and for an incomplete `.gz`.
 */
export function readBytes(
  path: string,
  stdin: Readable,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  return path === '-' ? readStream(stdin, progress) : readFile(path, progress)
}

async function* readStream(stream: Readable, progress: Progress): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    progress.bytesRead += bytes.length
    yield bytes
  }
}

async function* readFile(path: string, progress: Progress): AsyncGenerator<Uint8Array> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    const stat = await handle.stat()
    if (stat.isFile()) progress.totalBytes = stat.size
    yield* path.toLowerCase().endsWith('.gz') ? unpack(handle, progress) : read(handle, progress)
  } catch (error) {
    throw asInputError(path, error)
  } finally {
    await handle?.close()
  }
}

async function* read(handle: FileHandle, progress: Progress): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null)
    if (bytesRead === 0) return
    progress.bytesRead += bytesRead
    yield chunk.subarray(0, bytesRead)
  }
}

async function* unpack(handle: FileHandle, progress: Progress): AsyncGenerator<Uint8Array> {
  const packed = handle.createReadStream({ highWaterMark: CHUNK_BYTES })
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES })
  // An error of either stream destroys both, and the reader of the last one receives it.
  pipeline(packed, unpacked, () => {})
  for await (const chunk of unpacked as AsyncIterable<Uint8Array>) {
    progress.bytesRead = packed.bytesRead
    yield chunk
  }
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'a directory',
  EACCES: 'a file that may not be read (permission denied)',
  EPERM: 'a file that may not be read (permission denied)',
}

/** Turns errors that the user can fix into input errors; returns others unchanged. */
function asInputError(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (code?.startsWith('Z_')) {
    const found = `damaged or incomplete gzip data (${message})`
    return new InputError(path, [{ path: 'file', found, expected: 'a whole gzip file' }])
  }
  const found = UNREADABLE[code ?? '']
  if (found === undefined) return error
  return new InputError(path, [{ path: 'file', found, expected: 'a file of ticks' }])
}
