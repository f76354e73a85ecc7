/** Operations on the sounds that come with Framecast. */
import { SYSTEM_ASSET_CATEGORIES } from '../../core/storyboard/system-assets.ts'
import * as example from './examples.ts'
import { CURSOR, NEXT_PAGE, pageOf } from './jobs.ts'
import { json, type Operation, query } from './operation.ts'

export const systemAssetOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/system-assets',
    operationId: 'listSystemAssets',
    summary: 'List system assets',
    description:
      'Sounds that come with Framecast, by category and name. A storyboard uses them by id, without limit.',
    tag: 'System assets',
    access: { kind: 'key', scopes: [] },
    parameters: [
      query('category', 'Sounds of this category alone.', { enum: [...SYSTEM_ASSET_CATEGORIES] }),
      query(
        'tags',
        'Sounds with any of these tags, separated by commas.',
        { type: 'string' },
        'crowd,weather',
      ),
      query('search', 'Sounds with this text in their name or description, in any case.', { type: 'string' }),
      ...pageOf(50),
      CURSOR,
    ],
    replies: [
      {
        ...json(200, 'A page of system assets, without links.', ['system-asset'], example.systemAssets),
        headers: NEXT_PAGE,
      },
    ],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'A query value is wrong.',
        text: 'category must be one of sfx, ambient, music, transition',
      },
    ],
  },
  {
    method: 'get',
    path: '/v1/system-assets/{id}',
    operationId: 'getSystemAsset',
    summary: 'Read a system asset',
    description: 'With a link to listen to it, which holds for a day.',
    tag: 'System assets',
    access: { kind: 'key', scopes: [] },
    parameters: [
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'Id of the system asset.',
        schema: { type: 'string' },
        example: example.systemAsset.id,
      },
    ],
    replies: [json(200, 'The system asset.', 'system-asset', example.systemAsset)],
    refusals: [{ code: 'NOT_FOUND', when: 'There is no such system asset.', text: 'no such system asset' }],
  },
]
