import type { RedisDatabase } from './database.ts'

/**
 * How a server could lose what it has acknowledged, one sentence each; an empty list: it could not.
 */
export async function risksOf(
  database: Pick<RedisDatabase, 'configOf'>,
  waitReplicas: number,
): Promise<readonly string[]> {
  const settings = await database.configOf('appendonly', 'appendfsync', 'maxmemory-policy')
  if (settings === undefined) {
    return ['it is not known whether the server keeps what it acknowledges: CONFIG GET is refused']
  }
  const policy = settings.get('maxmemory-policy') ?? ''
  return [
    ...diskRisks(settings, waitReplicas),
    ...(policy.startsWith('allkeys')
      ? [`maxmemory-policy is ${policy}: the server may drop rows when its memory is full`]
      : []),
  ]
}

function diskRisks(settings: ReadonlyMap<string, string>, waitReplicas: number): string[] {
  const fsync = settings.get('appendfsync') ?? ''
  const copied = waitReplicas > 0 ? `, and all of ${waitReplicas} replicas with it` : ''
  if (settings.get('appendonly') !== 'yes') {
    return [`appendonly is not yes: a server that crashes${copied} loses what it acknowledged`]
  }
  if (fsync === 'always') return []
  const last = fsync === 'everysec' ? 'the last second' : 'what the system had not written yet'
  return [`appendfsync is ${fsync}: a machine that crashes${copied} loses ${last}`]
}
