import { startWatchkeeper } from '../../src/app/embed.ts'
import { RunningService } from '../support/kill.ts'
import { STEERING, type Steering } from '../support/steered/steering.ts'

/** The service of a scene. */
export interface SceneService {
  /** Address of its API. */
  readonly url: string
  readonly hasEnded: boolean
  /** What it has printed. */
  readonly output: string
  /** Ends it: its process by `kill -9`, an embedded one in order. */
  end(): Promise<void>
  /** @throws where it has no process of its own. */
  steer(steering: Steering): Promise<void>
}

interface Start {
  /** Its configuration. */
  readonly file: string
  readonly env: Readonly<Record<string, string>>
}

/** Starts the service in a process of its own. `main`: its program. */
export async function ownProcess(
  { file, env }: Start,
  main: string,
  steering: Steering,
): Promise<SceneService> {
  const steered = { ...env, [STEERING]: JSON.stringify(steering) }
  const service = new RunningService(['--config', file], { main, env: steered, isSteered: true })
  const output = (): string => service.lines.join('\n')
  await service.printed(line => line.startsWith('positions  '))
  return {
    url: /^positions +(http:\S+)\/api/m.exec(output())![1]!,
    get hasEnded() {
      return service.hasEnded
    },
    get output() {
      return output()
    },
    end: async () => void (await service.end('SIGKILL')),
    steer: each => service.steer(each),
  }
}

/** Starts the service in the process of the test: that costs a tenth of the CPU time of a process. */
export async function embedded({ file, env }: Start): Promise<SceneService> {
  let failure: string | undefined
  const onFailure = ({ message }: Error): void => void (failure = message)
  const service = await startWatchkeeper({ config: file, env, onFailure })
  return {
    url: service.url,
    get hasEnded() {
      return failure !== undefined
    },
    get output() {
      return failure ?? ''
    },
    end: () => service.stop(),
    steer: () => Promise.reject(new Error('an embedded service is not steered')),
  }
}
