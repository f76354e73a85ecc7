/** Operations on uploaded files. */
import * as example from './examples.ts'
import { CURSOR, NEXT_PAGE, PAGE } from './jobs.ts'
import { id, json, type Operation, query, type Refusal } from './operation.ts'
import { OWNER_REFUSAL } from './storyboards.ts'

const ASSET = id('id', 'asset', example.ASSET_ID)
const NO_ASSET: Refusal = {
  code: 'NOT_FOUND',
  when: 'There is no such asset within the caller’s reach.',
  text: 'no such asset',
}

export const assetOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/assets',
    operationId: 'listAssets',
    summary: 'List assets',
    description: 'Assets of every owner within reach, newest first.',
    tag: 'Assets',
    access: { kind: 'key', scopes: ['assets:read'] },
    parameters: [
      query('status', 'Assets of this status alone.', { enum: ['pending', 'ready', 'failed'] }),
      query('owner', 'Assets of this owner URN alone; none when it is out of reach.', { type: 'string' }),
      query('project_id', 'Assets of this project alone.', { type: 'string', format: 'uuid' }),
      query('content_type', 'Assets whose content type begins with this, e.g. `image/`.', { type: 'string' }),
      ...PAGE,
      CURSOR,
    ],
    replies: [
      {
        ...json(200, 'A page of assets, without download links.', ['asset'], [example.upload.asset]),
        headers: NEXT_PAGE,
      },
    ],
    refusals: [
      { code: 'VALIDATION_ERROR', when: 'A query value is wrong.', text: 'limit must be a whole number' },
    ],
  },
  {
    method: 'get',
    path: '/v1/assets/{id}',
    operationId: 'getAsset',
    summary: 'Read an asset',
    description: 'With a download link, which holds for an hour, when it is ready.',
    tag: 'Assets',
    access: { kind: 'key', scopes: ['assets:read'] },
    parameters: [ASSET],
    replies: [json(200, 'The asset.', 'asset', example.readyAsset)],
    refusals: [NO_ASSET],
  },
  {
    method: 'post',
    path: '/v1/assets/upload-url',
    operationId: 'createUpload',
    summary: 'Announce a file',
    description:
      'First of three steps. Then PUT the file to `upload_url` with `upload_headers`, within 15 minutes; then confirm it. A storyboard names it by `asset.id`.',
    tag: 'Assets',
    access: { kind: 'key', scopes: ['assets:write'] },
    body: {
      description: 'What the file will be.',
      required: true,
      content: [{ type: 'application/json', schema: 'upload-request', example: example.uploadRequest }],
    },
    replies: [json(201, 'The asset, pending, and where to put its file.', 'upload', example.upload)],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'Name, type or size cannot be accepted.',
        text: 'size_bytes may be at most 52428800',
      },
      OWNER_REFUSAL,
    ],
  },
  {
    method: 'post',
    path: '/v1/assets/{id}/confirm',
    operationId: 'confirmUpload',
    summary: 'Confirm an upload',
    description:
      'Looks at what arrived: size within 5 % of what was announced, type by content, pictures readable to the last pixel. A file that is something else fails for good.',
    tag: 'Assets',
    access: { kind: 'key', scopes: ['assets:write'] },
    parameters: [ASSET],
    replies: [json(200, 'The asset, ready.', 'asset', example.readyAsset)],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The file is not what was announced; the asset is failed.',
        text: 'the file is image/png, not image/jpeg',
      },
      { ...NO_ASSET, when: 'There is no such asset, or somebody else uploaded it.' },
      {
        code: 'CONFLICT',
        when: 'It is not pending, or nothing has been uploaded yet.',
        text: 'the file has not been uploaded yet',
      },
    ],
  },
]
