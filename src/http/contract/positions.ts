import { z } from 'zod'
import {
  addedView,
  changedView,
  positionView,
  rulesPreview,
} from '../../ports/control/positions.ts'
import { whyView } from '../../ports/control/why.ts'
import { tradeView } from '../../ports/trades.ts'
import { CSV } from '../csv.ts'
import { inJson, type Operation } from '../operation.ts'
import { addBody, changeBody, previewBody } from '../positions/bodies.ts'
import { listParameters } from '../positions/list.ts'
import { nextSeq, tradeParameters } from './trade-parameters.ts'

const query = z.object({ ...tradeParameters, ...listParameters })

export const listPositions = {
  method: 'get',
  path: '/api/positions',
  summary: 'Positions that are guarded, in pages; with state=closed those that are over',
  needs: 'read',
  query,
  answers: {
    200: {
      description: 'One page of positions',
      content: [
        {
          type: 'application/json',
          shape: z.object({
            positions: z.array(z.union([positionView, tradeView])),
            next: z.union([z.string(), nextSeq]).describe('`after` of the next page, or `before`'),
          }),
        },
        { type: CSV },
      ],
    },
  },
} as const satisfies Operation

export const onePosition = {
  method: 'get',
  path: '/api/positions/:id',
  summary: 'One position: best price, stop and target in force, last price and its age',
  needs: 'read',
  answers: { 200: inJson('The position', positionView) },
  errors: ['POSITION_UNKNOWN'],
} as const satisfies Operation

export const whyPosition = {
  method: 'get',
  path: '/api/positions/:id/why',
  summary: 'What each rule of a position would do, and why',
  needs: 'read',
  answers: { 200: inJson('Its rules', whyView) },
  errors: ['POSITION_UNKNOWN'],
} as const satisfies Operation

export const addPosition = {
  method: 'post',
  path: '/api/positions',
  summary: 'Guard one more position; the same one again is answered by 200',
  needs: 'agent',
  body: addBody,
  hasLocation: true,
  answers: {
    200: inJson('It is guarded already, with the same content', addedView),
    201: inJson('It is guarded from now on', addedView),
  },
  errors: [
    'NOT_READY',
    'ACCOUNT_REQUIRED',
    'ACCOUNT_UNKNOWN',
    'POSITION_EXISTS',
    'POSITION_CLOSED',
    'OPENS_LATER',
    'WRONG_SIDE',
    'ACCOUNT_MIXED',
    'EXITS_AT_ONCE',
  ],
} as const satisfies Operation

export const changePosition = {
  method: 'patch',
  path: '/api/positions/:id',
  summary:
    'Give a position other rules, or set its quantity and entry price (role `operate`); levels may only tighten unless `force`',
  needs: 'agent',
  body: changeBody,
  answers: { 200: inJson('The position, and what became of each rule', changedView) },
  errors: ['NOT_READY', 'POSITION_UNKNOWN', 'LOOSENS', 'EXITS_AT_ONCE', 'EXIT_RUNNING'],
} as const satisfies Operation

export const previewRules = {
  method: 'post',
  path: '/api/positions/:id/rules/preview',
  summary: 'What a change of rules would do; changes nothing',
  needs: 'read',
  body: previewBody,
  answers: { 200: inJson('What would change', rulesPreview) },
  errors: [
    'NOT_READY',
    'POSITION_UNKNOWN',
    'EXITS_AT_ONCE',
    'EXIT_RUNNING',
    'ACTOR_DOWN',
    'STORE_FAILED',
  ],
  isUnkept: true,
} as const satisfies Operation

export const exitPosition = {
  method: 'post',
  path: '/api/positions/:id/exit',
  summary: 'Exit at market; answers when the intent is durable',
  needs: 'agent',
  answers: { 202: inJson('The position, which is being exited', positionView) },
  errors: ['NOT_READY', 'POSITION_UNKNOWN'],
} as const satisfies Operation

export const releasePosition = {
  method: 'delete',
  path: '/api/positions/:id',
  summary: 'Stop guarding a position; the holding stays at the broker',
  needs: 'operate',
  answers: { 204: { description: 'It is no longer guarded', content: [] } },
  errors: ['NOT_READY', 'POSITION_UNKNOWN'],
} as const satisfies Operation
