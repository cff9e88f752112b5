import { useSignal } from '@preact/signals'
import type { ActorView } from '../../ports/supervision.ts'
import { change } from '../api.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Failure, Table } from '../parts/table.tsx'
import { usePoll } from '../poll.ts'
import { serviceNow } from '../state.ts'
import { ageText, durationText } from '../text.ts'

/** Monitors that are read; those in trouble come first. */
const MOST_MONITORS = 200

/** The actors: their status, restarts and last errors. */
export function SupervisionPage() {
  const path = `/api/supervision?limit=${MOST_MONITORS}`
  const { data, failure, again } = usePoll<readonly ActorView[]>(path, 2_000)
  const chosen = useSignal<ActorView | undefined>(undefined)
  const actors = data.value
  const now = serviceNow()
  const down = (actors ?? []).filter(({ state }) => state !== 'running').length
  return (
    <>
      <Failure text={failure.value} />
      {actors === undefined ? (
        <p class="empty">Waiting for the actors</p>
      ) : (
        <section class="card" aria-label="Actors">
          <h2>
            {actors.length} actors
            {down > 0 && <span class="bad">, {down} of them not running</span>}; monitors in trouble
            first
          </h2>
          <Table
            label="Actors"
            items={actors}
            keyOf={({ id }) => id}
            columns={[
              { head: 'Actor', cell: ({ id, kind }) => <Name id={id} kind={kind} />, isLong: true },
              { head: 'State', cell: each => <ActorState actor={each} now={now} /> },
              { head: 'Incarnation', isNumber: true, cell: ({ epoch }) => epoch },
              { head: 'Restarts', isNumber: true, cell: ({ restarts }) => restarts },
              { head: 'Waiting', isNumber: true, cell: ({ queued }) => queued },
              {
                head: 'Last message',
                isNumber: true,
                cell: ({ lastBeatAt }) =>
                  lastBeatAt === null ? 'never' : `${ageText(now - lastBeatAt)} ago`,
              },
              { head: 'Last error', cell: ({ lastError }) => <small>{lastError ?? ''}</small> },
              {
                head: '',
                cell: each =>
                  each.kind === 'supervisor' ? null : (
                    <button type="button" onClick={() => (chosen.value = each)}>
                      Restart
                    </button>
                  ),
              },
            ]}
          />
        </section>
      )}
      {chosen.value !== undefined && (
        <Confirm
          title={`Restart ${chosen.value.id}`}
          act="Restart"
          isDangerous={false}
          close={() => {
            chosen.value = undefined
            again()
          }}
          run={() =>
            change('POST', `/api/supervision/${encodeURIComponent(chosen.value!.id)}/restart`)
          }
        >
          <p>
            It is replaced by incarnation {chosen.value.epoch + 1}, which goes on from what is kept.
            No price is missed meanwhile.
          </p>
        </Confirm>
      )}
    </>
  )
}

const Name = ({ id, kind }: { readonly id: string; readonly kind: ActorView['kind'] }) => (
  <b title={id}>{kind === 'monitor' ? id.replace(/^([^/]*\/)?monitor-/, '$1') : id}</b>
)

function ActorState({ actor, now }: { readonly actor: ActorView; readonly now: number }) {
  const { state, nextRestartAt, busySince } = actor
  if (state === 'backoff' && nextRestartAt !== null) {
    return <span class="warn">restarts in {durationText(nextRestartAt - now)}</span>
  }
  if (state !== 'running') return <span class="bad">{state}</span>
  if (busySince !== null && now - busySince > 1_000) {
    return <span class="warn">busy for {durationText(now - busySince)}</span>
  }
  return <span class="good">running</span>
}
