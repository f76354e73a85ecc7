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
      query('include', '`usage` adds to each asset the scenes and films of the caller’s teams that use it.', {
        enum: ['usage'],
      }),
      query('content_type', 'Assets whose content type begins with this, e.g. `image/`.', { type: 'string' }),
      ...PAGE,
      CURSOR,
    ],
    replies: [
      {
        ...json(200, 'A page of assets, without download links.', ['asset'], [example.upload.asset]),
        headers: {
          ...NEXT_PAGE,
          'X-Storage-Used': 'Bytes that the owner keeps; with `include=usage` and `owner`.',
          'X-Storage-Limit': 'Bytes that the owner may keep, 0 for no limit; beside `X-Storage-Used`.',
        },
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
      'First of three steps. Then PUT the file to `upload_url` with `upload_headers`, within 15 minutes, or send it in parts; then confirm it. The address takes exactly as many bytes as were announced, of that type. A storyboard names the file by `asset.id`. With `project_id` it belongs to the project and to its team.',
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
      {
        code: 'VALIDATION_ERROR',
        when: 'The owner is not the team of the project.',
        text: 'a file of a project is owned by its team; leave owner out',
      },
      OWNER_REFUSAL,
      {
        code: 'NOT_FOUND',
        when: 'There is no such project within the caller’s reach.',
        text: 'no such project',
      },
      {
        code: 'STORAGE_QUOTA_EXCEEDED',
        when: 'The owner has no room for the file.',
        text: '5368709000 of 5368709120 bytes are in use, which leaves no room for 19528 more',
      },
    ],
  },
  {
    method: 'post',
    path: '/v1/assets/{id}/parts',
    operationId: 'getUploadParts',
    summary: 'Send a file in parts',
    description:
      'Another way for the second step, which goes on after a loss: instead of one PUT of everything, PUT each part that has not been received to its own `upload_url` with `upload_headers`, in any order, within 15 minutes. Ask again, for 24 hours, for what is missing then and for new addresses. When all parts are there, confirm.',
    tag: 'Assets',
    access: { kind: 'key', scopes: ['assets:write'] },
    parameters: [ASSET],
    replies: [json(200, 'The parts of the file.', 'upload-parts', example.uploadParts)],
    refusals: [
      { ...NO_ASSET, when: 'There is no such asset, or somebody else announced it.' },
      { code: 'CONFLICT', when: 'It is not pending.', text: 'the asset is ready already' },
      {
        code: 'STORAGE_QUOTA_EXCEEDED',
        when: 'The owner has no room for the file any more.',
        text: '5368709000 of 5368709120 bytes are in use, which leaves no room for 19528 more',
      },
    ],
  },
  {
    method: 'post',
    path: '/v1/assets/{id}/confirm',
    operationId: 'confirmUpload',
    summary: 'Confirm an upload',
    description:
      'Looks at what arrived: size within 5 % of what was announced, type by content, readable to the end, within the limits on pixels, frames, streams, seconds and channels. `metadata` then holds what was measured. A file that is something else fails for good. Two files are looked at together; more wait.',
    tag: 'Assets',
    access: { kind: 'key', scopes: ['assets:write'] },
    parameters: [ASSET],
    replies: [json(200, 'The asset, ready.', 'asset', example.readyAsset)],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'The file is not what was announced; the asset is failed.',
        text: 'the file cannot be used: it is image/png, not image/jpeg',
      },
      { ...NO_ASSET, when: 'There is no such asset, or somebody else uploaded it.' },
      {
        code: 'CONFLICT',
        when: 'It is not pending, or the file or parts of it have not been uploaded yet.',
        text: 'the file has not been uploaded yet',
      },
    ],
  },
  {
    method: 'delete',
    path: '/v1/assets/{id}',
    operationId: 'deleteAsset',
    summary: 'Delete an asset',
    description:
      'Its file goes as well, a little later. A render that uses it and has not fetched it yet fails; clips that were made with it stay.',
    tag: 'Assets',
    access: { kind: 'key', scopes: ['assets:write'] },
    parameters: [ASSET],
    replies: [{ status: 204, description: 'It is gone.' }],
    refusals: [
      NO_ASSET,
      {
        code: 'AUTHORIZATION_ERROR',
        when: 'Somebody else of the team uploaded it, and the caller does not administer the team.',
        text: 'your role may delete only the files you uploaded',
      },
    ],
  },
]
