import { expect } from 'chai'
import { ViewModel } from '../../../src/http/view/model.ts'
import type { ViewFrame } from '../../../src/ports/view.ts'
import { aView, FakeControl } from '../../support/fake-control.ts'

/** A control that counts which positions are read. */
class Counting extends FakeControl {
  reads: string[] = []

  override position(id: string) {
    this.reads.push(id)
    return super.position(id)
  }

  async addAll(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      const { id: _id, ...position } = aView()
      await this.add(
        {
          position: { ...position, id: `q${each}` as typeof _id },
          rules: {},
          exitNow: false,
          opensLater: false,
          reopen: false,
        },
        { who: 'test', from: 'test' },
      )
    }
  }
}

describe('The model of the view', () => {
  const frame = (model: ViewModel, from: number): ViewFrame => {
    const found = model.since(from)
    if ('reset' in found) throw new Error('reset')
    return found
  }

  it('reads a bounded number of positions in one step, and all of them in rotation', async () => {
    const control = new Counting()
    await control.addAll(200)
    // A clock on which every reading is later than the last allows one slice at a time.
    let now = 0
    const model = await ViewModel.of(control, { monotonic: () => (now += 10), sliceMs: 5 })
    control.reads = []
    for (let step = 0; step < 7; step++) {
      const before = control.reads.length
      await model.step()
      // One slice, and one position for the price of the only instrument.
      expect(control.reads.length - before).to.be.at.most(33)
    }
    expect(new Set(control.reads)).to.have.length(201)
  })

  it('reads a position at once that the journal names', async () => {
    const control = new Counting()
    await control.addAll(200)
    let now = 0
    const model = await ViewModel.of(control, { monotonic: () => (now += 10), sliceMs: 5 })
    await model.step()
    control.reads = []
    control.lines.push({ seq: 1, at: 1, kind: 'rules-changed', positionId: 'q0' })
    await model.step()
    expect(control.reads[0]).to.equal('q0')
  })

  it('removes a closed position that has no line in the journal', async () => {
    const control = new FakeControl()
    const model = await ViewModel.of(control)
    await control.release('p1', { who: 'test', from: 'test' })
    await model.step()
    await model.step()
    expect(frame(model, 0).gone).to.deep.equal([0])
    expect(model.page(-1, 10).rows).to.deep.equal([])
  })

  it('sends the status only when it has changed', async () => {
    const control = new FakeControl()
    const model = await ViewModel.of(control)
    await model.step()
    expect(frame(model, 0)).to.not.have.property('status')
    control.snapshot = { ...control.snapshot, status: 'warn' }
    await model.step()
    expect(frame(model, 1).status).to.include({ word: 'attention' })
    expect(frame(model, 2)).to.not.have.property('status')
  })

  it('sends a page the version before a step in progress', async () => {
    const control = new FakeControl()
    const model = await ViewModel.of(control)
    const step = model.step()
    expect(model.page(-1, 1).version).to.equal(0)
    await step
    expect(model.page(-1, 1).version).to.equal(1)
  })

  it('cannot continue from a version that it has not reached', async () => {
    const model = await ViewModel.of(new FakeControl())
    expect(model.since(5)).to.deep.equal({ reset: true, epoch: model.epoch })
  })

  it('knows exits that the journal had before the model was created', async () => {
    const control = new FakeControl()
    control.lines.push({ seq: 1, at: 1, kind: 'exit-intended', positionId: 'x', reason: 'manual' })
    const model = await ViewModel.of(control)
    expect(model.page(-1, 1).exits.map(({ id }) => id)).to.deep.equal(['x'])
  })
})
