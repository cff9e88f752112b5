import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import {
  loadPositions,
  parsePosition,
  parsePositions,
  type LoadedPositions,
} from '../../src/config/positions-file.ts'
import { describeFault, InputError } from '../../src/errors.ts'

interface Texts {
  readonly rules?: string
  readonly strict?: boolean
}

function parse(text: string, { rules, strict = false }: Texts = {}): LoadedPositions {
  const given = rules === undefined ? {} : { rules: { source: 'rules.yaml', text: rules } }
  return parsePositions({ source: 'positions.yaml', text }, { ...given, strict })
}

function faultsOf(text: string, texts: Texts = {}): string[] {
  try {
    parse(text, texts)
  } catch (error) {
    if (error instanceof InputError) return error.faults.map(describeFault)
    throw error
  }
  return []
}

/** A file with one position, one field a line from line 2; `undefined` leaves a field out. */
function onePosition(fields: Record<string, string | undefined> = {}): string {
  const all: Record<string, string | undefined> = {
    id: 'a',
    instrument: 'BTC',
    side: 'long',
    quantity: '1',
    entryPrice: '100',
    rules: '{ stopLoss: { pct: 5 } }',
    ...fields,
  }
  const lines = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : `${key}: ${value}`,
  )
  return `positions:\n  - ${lines.join('\n    ')}\n`
}

/** The same with one rule set, which is then on line 7. */
const withRules = (rules: string): string => onePosition({ rules })

describe('A positions file', () => {
  it('is read with its defaults', () => {
    const { entries, warnings } = parse(onePosition())
    expect(warnings).to.deep.equal([])
    expect(entries).to.have.length(1)
    expect(entries[0]!.position).to.deep.equal({
      id: 'a',
      instrument: 'BTC',
      side: 'long',
      quantity: 1,
      entryPrice: 100,
      multiplier: 1,
      openedAt: undefined,
      priceSource: 'trade',
    })
    expect(entries[0]!.ruleSet.names).to.deep.equal(['stopLoss'])
  })

  it('may be JSON', () => {
    const position = { id: 'a', instrument: 'B', side: 'short', quantity: 2, entryPrice: 3 }
    const rules = { default: { takeProfit: { pct: 1 } } }
    const { entries } = parse(JSON.stringify({ rules, positions: [position] }, null, 1))
    expect(entries[0]!.position).to.include(position)
  })

  it('keeps the order of the file', () => {
    const two = `${onePosition()}${onePosition({ id: 'b' }).replace('positions:\n', '')}`
    expect(parse(two).entries.map(({ position }) => position.id)).to.deep.equal(['a', 'b'])
  })

  it('reads account, underlying and multiplier', () => {
    const text = onePosition({ account: 'main', underlying: 'SPX', multiplier: '100' })
    expect(parse(text).entries[0]!.position).to.include({
      account: 'main',
      underlying: 'SPX',
      multiplier: 100,
    })
  })
})

describe('A positions file of rule sets alone', () => {
  it('has no position where it says so by an empty list', () => {
    const text = 'rules: { swing: { stopLoss: { pct: 5 } } }\npositions: []\n'
    const { entries, ruleSets } = parsePositions({ source: 'file', text })
    expect(entries).to.deep.equal([])
    expect([...ruleSets.keys()]).to.deep.equal(['swing'])
  })
})

describe('A fault in the shape of a positions file', () => {
  const cases: [string, string, string][] = [
    [
      'an empty file',
      '',
      'the file, line 1: found an empty value, expected a map with positions and rules',
    ],
    ['a list', '- a\n', 'the file, line 1: found a list, expected a map with positions and rules'],
    [
      'no positions',
      'rules: {}\n',
      'positions, line 1: found nothing, expected a list with at least one position',
    ],
    [
      'an empty list',
      '\npositions: []\n',
      'positions, line 2: found an empty list, expected a list with at least one position',
    ],
    [
      'positions that are a map',
      'positions: { a: 1 }\n',
      'positions, line 1: found a map, expected a list with at least one position',
    ],
    [
      'a position that is text',
      'positions:\n  - abc\n',
      'positions[0], line 2: found "abc", expected a map',
    ],
    [
      'an unknown field of the file',
      `position: []\n${onePosition()}`,
      'position, line 1: found the unknown field "position", expected another name: did you mean positions?',
    ],
    [
      'the field __proto__',
      onePosition({ ['__proto__x']: '1' }).replace('__proto__x', '__proto__'),
      'positions[0].__proto__, line 8: found the unknown field "__proto__", expected one of id, instrument, side, quantity, entryPrice, openedAt, rules, account, ticket, product, underlying, multiplier, priceSource, contract, exitNow, opensLater, reopen',
    ],
    [
      'rules that are a list',
      `rules: [a]\n${onePosition()}`,
      'rules, line 1: found a list, expected a map from name to rule set',
    ],
  ]
  for (const [what, text, fault] of cases) {
    it(`is reported with its place: ${what}`, () => {
      expect(faultsOf(text)).to.deep.equal([fault])
    })
  }

  it('is a syntax error with its line', () => {
    expect(faultsOf('positions:\n  - id: a\n   side: long\n')[0]).to.match(
      /^positions.yaml, line 3: found .*, expected valid YAML 1.2 or JSON$/,
    )
  })
})

describe('A fault in a field', () => {
  const cases: [string, Record<string, string | undefined>, string][] = [
    [
      'a number as id',
      { id: '7' },
      'id, line 2: found the number 7, expected a string: quote it, "7"',
    ],
    [
      'a number as id, shown as it is written',
      { id: '007' },
      'id, line 2: found the number 007, expected a string: quote it, "007"',
    ],
    [
      'an id with more digits than a number keeps',
      { id: '12345678901234567890' },
      'id, line 2: found the number 12345678901234567890, expected a string: quote it, "12345678901234567890"',
    ],
    [
      'a boolean as id',
      { id: 'true' },
      'id, line 2: found the boolean true, expected a string: quote it, "true"',
    ],
    [
      'a number as instrument',
      { instrument: '2330' },
      'instrument, line 3: found the number 2330, expected a string: quote it, "2330"',
    ],
    ['an empty id', { id: '""' }, 'id, line 2: found "", expected a string that is not empty'],
    ['no id', { id: undefined }, 'id, line 2: found nothing, expected a string that is not empty'],
    [
      'another side',
      { side: 'LONG' },
      'side, line 4: found "LONG", expected long or short: did you mean long?',
    ],
    ['a quantity of 0', { quantity: '0' }, 'quantity, line 5: found 0, expected a number above 0'],
    [
      'a negative quantity',
      { quantity: '-1' },
      'quantity, line 5: found -1, expected a number above 0',
    ],
    [
      'a quoted quantity',
      { quantity: '"1"' },
      'quantity, line 5: found "1", expected a number above 0, without quotes',
    ],
    [
      'a quantity that is no number',
      { quantity: '.nan' },
      'quantity, line 5: found NaN, expected a number above 0',
    ],
    [
      'a price without end',
      { entryPrice: '.inf' },
      'entryPrice, line 6: found Infinity, expected a number above 0',
    ],
    [
      'a quantity beyond all bounds',
      { quantity: '1e308' },
      'quantity, line 5: found 1e+308, expected a number from 1e-15 to 1000000000000000',
    ],
    [
      'a price too small for any market',
      { entryPrice: '1e-16' },
      'entryPrice, line 6: found 1e-16, expected a number from 1e-15 to 1000000000000000',
    ],
    [
      'a price with a comma',
      { entryPrice: '1,000' },
      'entryPrice, line 6: found "1,000", expected a number above 0, without separators',
    ],
    [
      'a multiplier of 0',
      { multiplier: '0' },
      'multiplier, line 8: found 0, expected a number above 0',
    ],
    [
      'a price source of its own',
      { priceSource: 'mid' },
      'priceSource, line 8: found "mid", expected trade or quote',
    ],
    [
      'a mistyped field',
      { entry_price: '1' },
      'entry_price, line 8: found the unknown field "entry_price", expected another name: did you mean entryPrice?',
    ],
    [
      'a number as underlying',
      { underlying: '1' },
      'underlying, line 8: found the number 1, expected a string: quote it, "1"',
    ],
  ]
  for (const [what, fields, fault] of cases) {
    it(`is reported with its place: ${what}`, () => {
      expect(faultsOf(onePosition(fields))).to.deep.equal([`positions[0].${fault}`])
    })
  }

  it('is an id that another position has', () => {
    const two = `${onePosition()}${onePosition().replace('positions:\n', '')}`
    expect(faultsOf(two)).to.deep.equal([
      'positions[1].id, line 8: found "a" again, expected an id other than that of positions[0]',
    ])
  })
})

describe('The field openedAt', () => {
  const openedAt = (value: string): number | undefined =>
    parse(onePosition({ openedAt: value })).entries[0]!.position.openedAt

  it('accepts epoch milliseconds, and ISO 8601 with a zone', () => {
    const at = Date.UTC(2024, 7, 9, 9, 30)
    expect(openedAt(String(at))).to.equal(at)
    expect(openedAt('2024-08-09T09:30:00Z')).to.equal(at)
    expect(openedAt('2024-08-09T11:30:00+02:00')).to.equal(at)
    expect(openedAt('"2024-08-09T09:30:00.000Z"')).to.equal(at)
  })

  const others = ['2024-08-09', '2024-08-09T09:30:00', '1.5', '.nan', '"1723195800000"', 'noon', '']
  for (const value of others) {
    it(`accepts no other form: ${value === '' ? 'nothing' : value}`, () => {
      const [fault, ...rest] = faultsOf(onePosition({ openedAt: value }))
      expect(rest).to.deep.equal([])
      expect(fault).to.match(/^positions\[0\].openedAt, line 8: found .*, expected whole epoch/)
    })
  }

  it('warns about a value that seems to be in seconds, and reads it as milliseconds', () => {
    const text = onePosition({ openedAt: '1723195800' })
    const { entries, warnings } = parse(text)
    const warning =
      'positions[0].openedAt, line 8: found 1723195800, expected epoch milliseconds: this is probably in seconds'
    expect(warnings).to.deep.equal([warning])
    expect(entries[0]!.position.openedAt).to.equal(1_723_195_800)
    expect(faultsOf(text, { strict: true })).to.deep.equal([warning])
  })
})

describe('A fault in a rule set', () => {
  const cases: [string, string, string][] = [
    [
      'a rule in another spelling',
      '{ stop-loss: { pct: 1 } }',
      'stop-loss, line 7: found the rule "stop-loss", expected another name: did you mean stopLoss?',
    ],
    [
      'a mistyped rule',
      '{ trailingStp: { distancePct: 1 } }',
      'trailingStp, line 7: found the rule "trailingStp", expected another name: did you mean trailingStop?',
    ],
    [
      'a mistyped option',
      '{ trailingStop: { distancePct: 1, activateAt: 1 } }',
      'trailingStop.activateAt, line 7: found the option "activateAt", expected one of distancePct, distance, tiers, basis, activateAtPct, activateAtPrice',
    ],
    [
      'an option in another spelling',
      '{ trailingStop: { distancePct: 1, activate_at_pct: 1 } }',
      'trailingStop.activate_at_pct, line 7: found the option "activate_at_pct", expected another name: did you mean activateAtPct?',
    ],
    [
      'the option __proto__',
      '{ maxHold: { ms: 60000, __proto__: { a: 1 } } }',
      'maxHold.__proto__, line 7: found the option "__proto__", expected one of ms',
    ],
    [
      'both pct and price',
      '{ stopLoss: { pct: 1, price: 99 } }',
      'stopLoss.price, line 7: found 99, expected exactly one of pct, price, amount, not also pct',
    ],
    [
      'a lock above its trigger',
      '{ profitLock: { steps: [{ atPct: 2, lockPct: 3 }] } }',
      'profitLock.steps[0].lockPct, line 7: found 3, expected a number below atPct 2: a lock at or above its trigger exits at once',
    ],
    [
      'a lock at its trigger',
      '{ profitLock: { steps: [{ atPct: 2, lockPct: 2 }] } }',
      'profitLock.steps[0].lockPct, line 7: found 2, expected a number below atPct 2: a lock at or above its trigger exits at once',
    ],
    [
      'a quoted number',
      '{ stopLoss: { pct: "5" } }',
      'stopLoss.pct, line 7: found "5", expected a number, without quotes',
    ],
    [
      'a number that is none',
      '{ stopLoss: { pct: .nan } }',
      'stopLoss.pct, line 7: found NaN, expected a number',
    ],
    [
      'a negative percentage',
      '{ stopLoss: { pct: -5 } }',
      'stopLoss.pct, line 7: found -5, expected a number above 0',
    ],
    [
      'a rule without options',
      '{ stopLoss: }',
      'stopLoss, line 7: found an empty value, expected a map',
    ],
    ['a list', '[stopLoss]', ', line 7: found a list, expected a map from rule name to options'],
    ['nothing', '', ', line 7: found an empty value, expected a map from rule name to options'],
    [
      'an unknown price source',
      '{ priceSource: bid, stopLoss: { pct: 1 } }',
      'priceSource, line 7: found "bid", expected trade or quote',
    ],
  ]
  for (const [what, rules, rest] of cases) {
    it(`is reported with its place: ${what}`, () => {
      const dot = rest.startsWith(',') ? '' : '.'
      expect(faultsOf(withRules(rules))).to.deep.equal([`positions[0].rules${dot}${rest}`])
    })
  }

  it('is reported on its own line in a set that is written over many lines', () => {
    const text = withRules(`
      maxHold: { ms: 60000 }
      stoploss:
        pct: 1`)
    expect(faultsOf(text)).to.deep.equal([
      'positions[0].rules.stoploss, line 9: found the rule "stoploss", expected another name: did you mean stopLoss?',
    ])
  })
})

describe('A named rule set', () => {
  it('has no name that could forge a line', () => {
    const faults = faultsOf(onePosition({ rules: '"x\\nexit-filled"' }), {
      rules:
        'rules:\n  "x\\nexit-filled": { stopLoss: { pct: 5 } }\n  "": { stopLoss: { pct: 5 } }\n',
    })
    expect(faults).to.have.length(2)
    for (const fault of faults) {
      expect(fault).to.include(
        'expected a string of 1 to 200 characters without control characters',
      )
      expect(fault).to.not.include('\n')
    }
  })

  const named = (sets: string, rules: string | undefined): string =>
    `rules: ${sets}\n${onePosition({ rules })}`

  it('is assigned to a position by its name', () => {
    const { entries } = parse(named('{ wide: { stopLoss: { pct: 9 } } }', 'wide'))
    expect(entries[0]!.ruleSet.names).to.deep.equal(['stopLoss'])
  })

  it('called default is assigned to positions without rules', () => {
    const { entries } = parse(named('{ default: { maxHold: { ms: 60000 } } }', undefined))
    expect(entries[0]!.ruleSet.names).to.deep.equal(['maxHold'])
  })

  it('has to exist where a position has no rules', () => {
    expect(faultsOf(onePosition({ rules: undefined }))).to.deep.equal([
      'positions[0].rules, line 2: found nothing, expected rules, or a rule set named default',
    ])
  })

  it('has to exist where a position names it', () => {
    expect(faultsOf(onePosition({ rules: 'wide' }))).to.deep.equal([
      'positions[0].rules, line 7: found the unknown rule set "wide", expected one that is defined: there is none',
    ])
    expect(faultsOf(named('{ wide: { stopLoss: { pct: 9 } } }', 'wyde'))).to.deep.equal([
      'positions[0].rules, line 8: found the unknown rule set "wyde", expected another name: did you mean wide?',
    ])
  })

  it('may be called __proto__', () => {
    const { entries } = parse(named('{ __proto__: { maxHold: { ms: 60000 } } }', '__proto__'))
    expect(entries[0]!.ruleSet.names).to.deep.equal(['maxHold'])
  })

  it('is reported once, however many positions use it', () => {
    const second = onePosition({ id: 'b', rules: 'wide' }).replace('positions:\n', '')
    const text = `${named('{ wide: { stopLoss: { pct: 0 } } }', 'wide')}${second}`
    expect(faultsOf(text)).to.deep.equal([
      'rules.wide.stopLoss.pct, line 1: found 0, expected a number above 0',
    ])
  })

  it('is warned about once, however many positions use it', () => {
    const second = onePosition({ id: 'b', rules: 'wide' }).replace('positions:\n', '')
    const text = `${named('{ wide: { stopLoss: { pct: 0.05 } } }', 'wide')}${second}`
    expect(parse(text).warnings).to.deep.equal([
      'rules.wide.stopLoss.pct, line 1: found 0.05, expected a percentage from 0.1 up to 200, where 5 is 5 %; did you mean 5?',
    ])
  })
})

describe('A file of rules', () => {
  const wide = `rules: { wide: { stopLoss: { pct: 9 } } }\n${onePosition({ rules: 'wide' })}`

  it('overrides a set of the same name', () => {
    const { entries } = parse(wide, { rules: 'rules: { wide: { maxHold: { ms: 60000 } } }' })
    expect(entries[0]!.ruleSet.names).to.deep.equal(['maxHold'])
  })

  it('leaves sets of other names and inline rules alone', () => {
    const rules = 'rules: { default: { maxHold: { ms: 60000 } } }'
    expect(parse(wide, { rules }).entries[0]!.ruleSet.names).to.deep.equal(['stopLoss'])
    expect(parse(onePosition(), { rules }).entries[0]!.ruleSet.names).to.deep.equal(['stopLoss'])
  })

  it('may define the default', () => {
    const rules = 'rules: { default: { maxHold: { ms: 60000 } } }'
    const { entries } = parse(onePosition({ rules: undefined }), { rules })
    expect(entries[0]!.ruleSet.names).to.deep.equal(['maxHold'])
  })

  it('is named in its faults and warnings', () => {
    const faulty = 'rules:\n  wide:\n    stopLoss: { pct: -1 }\n'
    expect(faultsOf(wide, { rules: faulty })).to.deep.equal([
      'rules.yaml: rules.wide.stopLoss.pct, line 3: found -1, expected a number above 0',
    ])
    const odd = 'rules:\n  wide:\n    stopLoss: { pct: 0.05 }\n'
    expect(parse(wide, { rules: odd }).warnings[0]).to.match(
      /^rules.yaml: rules.wide.stopLoss.pct, line 3: found 0.05/,
    )
  })

  it('is the only refused file where all faults are its own', () => {
    expect(() => parse(wide, { rules: 'rules: 1' })).to.throw(InputError, /^rules\.yaml:\n/)
    expect(() => parse('', { rules: 'rules: 1' })).to.throw(InputError, /^positions\.yaml:\n/)
    const positions = { source: 'p.yaml', text: onePosition({ side: 'up' }) }
    const rules = { source: 'p', text: 'rules: { wide: { maxHold: { ms: 60000 } } }' }
    expect(() => parsePositions(positions, { rules })).to.throw(InputError, /^p\.yaml:\n/)
  })

  it('contains rules and nothing else', () => {
    expect(faultsOf(wide, { rules: 'positions: []' })).to.deep.equal([
      'rules.yaml: positions, line 1: found the unknown field "positions", expected one of rules',
      'rules.yaml: rules, line 1: found nothing, expected a map from name to rule set',
    ])
  })

  it('does not make every name unknown when it cannot be read', () => {
    expect(faultsOf(onePosition({ rules: 'tight' }), { rules: 'rules: {' })).to.have.length(1)
    expect(faultsOf(onePosition({ rules: 'tight' }), { rules: '[]' })).to.deep.equal([
      'rules.yaml: the file, line 1: found a list, expected a map with rules',
    ])
  })
})

describe('The rule underlying', () => {
  it('requires an instrument, its own or that of the position', () => {
    expect(faultsOf(withRules('{ underlying: { below: 9 } }'))).to.deep.equal([
      'positions[0].rules, line 7: found an underlying rule without an instrument, expected an instrument, here or as `underlying` of the position',
    ])
    const text = onePosition({ rules: '{ underlying: { below: 9 } }', underlying: 'SPX' })
    expect(faultsOf(text)).to.deep.equal([])
  })

  it('does not watch the position’s own instrument', () => {
    const fault =
      'positions[0].rules, line 7: found an underlying rule on the own instrument BTC, expected another one: use stopLoss or takeProfit with a price'
    expect(faultsOf(withRules('{ underlying: { instrument: BTC, below: 9 } }'))).to.deep.equal([
      fault,
    ])
    const text = onePosition({ rules: '{ underlying: { below: 9 } }', underlying: 'BTC' })
    expect(faultsOf(text)).to.deep.equal([fault])
  })
})

describe('The price source', () => {
  const sourceOf = (fields: Record<string, string>): string =>
    parse(onePosition(fields)).entries[0]!.position.priceSource
  const quoted = '{ priceSource: quote, stopLoss: { pct: 5 } }'

  it('is that of the position, else that of its rule set, else trade', () => {
    expect(sourceOf({})).to.equal('trade')
    expect(sourceOf({ rules: quoted })).to.equal('quote')
    expect(sourceOf({ priceSource: 'quote' })).to.equal('quote')
    expect(sourceOf({ rules: quoted, priceSource: 'trade' })).to.equal('trade')
  })
})

describe('A warning', () => {
  it('names a rule that can never fire, once, and is a fault when strict', () => {
    const positions = [1, 2].map(each => ({
      id: `p${each}`,
      instrument: 'ACME',
      side: 'short',
      quantity: 1,
      entryPrice: 100,
      rules: 'tight',
    }))
    const rules = { tight: { trailingStop: { distance: 1, activateAtPrice: 0.001 } } }
    const text = { source: 'x.yaml', text: JSON.stringify({ rules, positions }) }
    const wanted = /^rules.tight.trailingStop, line 1: found a rule that can never fire: no price/
    expect(parsePositions(text).warnings).to.have.length(1)
    expect(parsePositions(text).warnings[0]).to.match(wanted)
    expect(() => parsePositions(text, { strict: true })).to.throw('a rule that can never fire')
  })

  const cases: [string, string, string][] = [
    [
      'a percentage that seems to be a fraction',
      '{ stopLoss: { pct: 0.05 } }',
      'positions[0].rules.stopLoss.pct, line 7: found 0.05, expected a percentage from 0.1 up to 200, where 5 is 5 %; did you mean 5?',
    ],
    [
      'a percentage that is very large',
      '{ takeProfit: { pct: 500 } }',
      'positions[0].rules.takeProfit.pct, line 7: found 500, expected a percentage from 0.1 up to 200, where 5 is 5 %',
    ],
    [
      'a stop that can never be reached',
      '{ stopLoss: { pct: 150 } }',
      'positions[0].rules.stopLoss.pct, line 7: found a stop at -50, expected a level above 0: this one can never be reached',
    ],
    [
      'a stop that exits at once',
      '{ stopLoss: { price: 101 } }',
      'positions[0].rules.stopLoss.price, line 7: found a stop at 101, expected a level below the entry price 100 of a long: this one exits at once',
    ],
    [
      'a session on no day',
      '{ sessionEnd: { at: "17:30", timezone: Europe/Berlin, days: [sat], holidays: [] }, maxHold: { ms: 5 } }',
      'positions[0].rules.maxHold.ms, line 7: found 5, expected milliseconds: an age under one second is unusual',
    ],
    [
      'a rule set without a rule',
      '{}',
      'positions[0].rules, line 7: found a rule set without a rule, expected at least one rule that exits: nothing guards the position',
    ],
    [
      'rules that exit nothing themselves',
      '{ net: {}, staleQuote: { afterMs: 30000, action: poll } }',
      'positions[0].rules, line 7: found only rules that exit no position: staleQuote, net, expected at least one rule that exits: nothing guards the position',
    ],
  ]
  for (const [what, rules, warning] of cases) {
    it(`names its place, and is a fault when strict: ${what}`, () => {
      expect(parse(withRules(rules)).warnings).to.deep.equal([warning])
      expect(faultsOf(withRules(rules), { strict: true })).to.deep.equal([warning])
    })
  }
})

describe('Everything that is wrong', () => {
  it('is reported at once, the rules file first', () => {
    const first = onePosition({ id: '1', side: 'up', openedAt: 'noon' })
    const second = onePosition({ id: 'b', rules: 'gone' }).replace('positions:\n', '')
    const rules = 'rules: { wide: { stopLoss: { pct: 0 } } }'
    expect(faultsOf(`${first}${second}`, { rules }).map(line => line.split(':')[0])).to.deep.equal([
      'rules.yaml',
      'positions[0].id, line 2',
      'positions[0].side, line 4',
      'positions[0].openedAt, line 8',
      'positions[1].rules, line 14',
    ])
  })
})

describe('loadPositions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-'))
  after(() => rmSync(folder, { recursive: true }))

  function loadFaults(positionsFile: string, rulesFile?: string): string[] {
    try {
      loadPositions({ positionsFile, rulesFile, strict: false })
    } catch (error) {
      if (error instanceof InputError) return error.faults.map(describeFault)
      throw error
    }
    return []
  }

  it('reads both files from the disk', () => {
    const positionsFile = join(folder, 'positions.yaml')
    const rulesFile = join(folder, 'rules.yaml')
    writeFileSync(positionsFile, onePosition({ rules: undefined }))
    writeFileSync(rulesFile, 'rules: { default: { maxHold: { ms: 60000 } } }')
    const { entries } = loadPositions({ positionsFile, rulesFile, strict: false })
    expect(entries).to.have.length(1)
  })

  it('reports what is wrong in one file where the other cannot be read', () => {
    const positionsFile = join(folder, 'bad.yaml')
    const rulesFile = join(folder, 'gone.yaml')
    writeFileSync(positionsFile, onePosition({ side: 'up', rules: 'tight' }))
    expect(loadFaults(positionsFile, rulesFile)).to.deep.equal([
      `${rulesFile}: found no such file, expected a file that can be read`,
      'positions[0].side, line 4: found "up", expected long or short',
    ])
  })

  it('reads no more than the bound, also of an endless file', () => {
    expect(loadFaults('/dev/zero')).to.deep.equal([
      '/dev/zero: found more than 16 MiB, expected at most 16 MiB: split it',
    ])
  })

  it('refuses bytes that are not UTF-8, which would change names', () => {
    const positionsFile = join(folder, 'latin1.yaml')
    writeFileSync(positionsFile, Buffer.from(onePosition({ instrument: 'Café' }), 'latin1'))
    expect(loadFaults(positionsFile)).to.deep.equal([
      `${positionsFile}: found bytes that are not UTF-8, expected a text in UTF-8`,
    ])
  })

  it('reads ten thousand positions', () => {
    const positionsFile = join(folder, 'many.yaml')
    const lines = Array.from(
      { length: 10_000 },
      (_, i) =>
        `  - { id: p${i}, instrument: BTC, side: long, quantity: 1, entryPrice: ${i + 1} }\n`,
    )
    const rules = 'rules: { default: { stopLoss: { pct: 5 } } }\n'
    writeFileSync(positionsFile, `${rules}positions:\n${lines.join('')}`)
    expect(loadPositions({ positionsFile, strict: true }).entries).to.have.length(10_000)
  })

  it('reports every file that cannot be read', () => {
    const positionsFile = join(folder, 'gone.yaml')
    const load = () => loadPositions({ positionsFile, rulesFile: folder, strict: false })
    expect(load)
      .to.throw(InputError)
      .with.property('faults')
      .that.deep.equals([
        { path: folder, found: 'a directory', expected: 'a file that can be read' },
        { path: positionsFile, found: 'no such file', expected: 'a file that can be read' },
      ])
  })

  it('has the same faults, without lines, when it is a value in JSON', () => {
    const good = {
      id: 'a',
      instrument: 'ACME',
      side: 'long',
      quantity: 1,
      entryPrice: 100,
      rules: { stopLoss: { pct: 5 } },
    }
    const bad = [
      5,
      [],
      {},
      { ...good, id: 7, quantity: '1', sidee: 'long' },
      { ...good, openedAt: 1.5, rules: { stoploss: { pct: 5 } } },
      { ...good, entryPrice: 1e300, rules: { stopLoss: { pct: 'x' } } },
    ]
    for (const value of bad) {
      const text = JSON.stringify({ positions: [value] })
      const faultsIn = (read: () => unknown): unknown[] => {
        try {
          read()
        } catch (error) {
          if (error instanceof InputError)
            return error.faults.map(({ path, found, expected }) => ({ path, found, expected }))
        }
        return []
      }
      const asFile = faultsIn(() => parsePositions({ source: 'the body', text }))
      expect(asFile, text).to.have.length.above(0)
      expect(
        faultsIn(() => parsePosition('the body', value)),
        text,
      ).to.deep.equal(asFile)
    }
    expect(parsePosition('the body', good).entries[0]!.position).to.have.property('id', 'a')
  })
})
