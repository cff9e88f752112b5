import { theProgram } from '../support/compiled.ts'
import { five, Scene, type Posted, type SceneOptions } from './scene.ts'

/** Opens a scene that is closed when its story ends. */
export type Open = (options?: SceneOptions) => Promise<Scene>

/** The actions of a story, and its assertions. */
export type Story = (open: Open) => Promise<void>

/** Scenes that run at once in each test process: most of a scene is waiting. */
const AT_ONCE = 3
const LONGEST_MS = 120_000
const REPORTED_LINES = 80
/** Part of the names of the stories to play; the others pass unplayed. */
const ONLY = process.env['STORY'] ?? ''

let free = AT_ONCE
const waiting: (() => void)[] = []

/** A test for each story of a suite; they are played side by side. `suite`: see `needing`. */
export function sideBySide(
  title: string,
  stories: Readonly<Record<string, Story>>,
  suite: (title: string, body: (this: Mocha.Suite) => void) => void = describe,
): void {
  suite(title, () => {
    const played = new Map<string, Promise<void>>()

    before(function () {
      this.timeout(LONGEST_MS)
      const main = theProgram().file('test/support/steered/main.ts')
      for (const [name, story] of Object.entries(stories)) {
        if (!name.includes(ONLY)) continue
        const playing = inTurn(() => play(story, main))
        playing.catch(() => undefined)
        played.set(name, playing)
      }
    })

    for (const name of Object.keys(stories)) {
      it(name, () => played.get(name)).timeout(LONGEST_MS)
    }
  })
}

async function inTurn(act: () => Promise<void>): Promise<void> {
  if (free === 0) await new Promise<void>(go => waiting.push(go))
  else free--
  try {
    await act()
  } finally {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
}

async function play(story: Story, main: string): Promise<void> {
  const scenes: Scene[] = []
  try {
    await story(async (options = {}) => {
      const scene = new Scene({ main, ...options })
      scenes.push(scene)
      await scene.open()
      return scene
    })
  } catch (error) {
    throw await reported(error, scenes)
  } finally {
    for (const scene of scenes) await scene.close()
  }
}

/** A failure of a story, and what its scenes report. */
async function reported(cause: unknown, scenes: readonly Scene[]): Promise<Error> {
  const reports = await Promise.all(scenes.map(scene => scene.report()))
  const lines = reports.join('\n').split('\n').slice(-REPORTED_LINES)
  return new Error(`${(cause as Error).message}\n${lines.join('\n')}`, { cause })
}

/** What happens to one position of a scene that others share. */
export type Episode = (scene: Scene, position: Posted) => Promise<void>

/** A scene that episodes share, and what an episode does in it. */
interface Shared {
  readonly names: readonly string[]
  act<T>(name: string, act: (scene: Scene, position: Posted) => Promise<T>): Promise<T>
  open(): Promise<void>
  close(): Promise<void>
}

/** Each episode has five of an instrument of its own, which are held from the start. */
function shared(all: readonly string[], options: () => SceneOptions): Shared {
  const names = all.filter(name => name.includes(ONLY))
  const positions = names.map((_, at) => five(`p${at}`, { instrument: `ACME${at}` }))
  let scene: Scene
  return {
    names,
    act: async (name, act) => {
      try {
        return await act(scene, positions[names.indexOf(name)]!)
      } catch (error) {
        throw await reported(error, [scene])
      }
    },
    open: async () => {
      scene = new Scene({
        main: theProgram().file('test/support/steered/main.ts'),
        positions,
        ...options(),
      })
      await scene.open()
    },
    close: () => scene.close(),
  }
}

/** A test for each episode, one after the other in one scene. An episode ends the faults that it has begun. */
export function inOneScene(
  title: string,
  options: () => SceneOptions,
  episodes: Readonly<Record<string, Episode>>,
): void {
  describe(title, function () {
    this.timeout(LONGEST_MS)
    const { names, act, open, close } = shared(Object.keys(episodes), options)
    before(open)
    after(close)
    for (const name of names) it(name, () => act(name, episodes[name]!))
  })
}

/** What happens to a position before a kill; gives what happens to it afterwards. */
export type KilledEpisode = (scene: Scene, position: Posted) => Promise<() => Promise<void>>

/** Episodes of one scene with one kill for all of them. `restart`: how the service is killed and started again. */
export function overOneKill(
  title: string,
  options: () => SceneOptions,
  episodes: Readonly<Record<string, KilledEpisode>>,
  restart: (scene: Scene) => Promise<void> = scene => scene.restart(),
): void {
  describe(title, function () {
    this.timeout(LONGEST_MS)
    const { names, act, open, close } = shared(Object.keys(episodes), options)
    const begun = new Map<string, Promise<() => Promise<void>>>()
    before(async () => {
      await open()
      for (const name of names) {
        const beginning = act(name, episodes[name]!)
        begun.set(name, beginning)
        await beginning.catch(() => undefined)
      }
      if (names.length > 0) await act(names[0]!, restart)
    })
    after(close)
    for (const name of names)
      it(name, async () => {
        const end = await begun.get(name)!
        await act(name, end)
      })
  })
}
