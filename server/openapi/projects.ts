/** Operations on projects. */
import type { Scope } from '../../core/access/principal.ts'
import { PROJECT_STATUSES } from '../../core/projects/entities.ts'
import * as example from './examples.ts'
import {
  accepted,
  BALANCE,
  BUSY,
  CURSOR,
  IDEMPOTENCY_KEY,
  NEXT_PAGE,
  NOT_READY,
  PAGE,
  QUOTA,
} from './jobs.ts'
import { type Access, id, json, type Operation, query, type Refusal, type Reply } from './operation.ts'

const PROJECT = id('id', 'project', example.PROJECT_ID)
const TEAM = id('id', 'team', example.TEAM_ID)

const access = (scope: Scope): Access => ({ kind: 'key', scopes: [scope], creatorsOnly: true })
const READ = access('projects:read')
const WRITE = access('projects:write')

const NO_PROJECT: Refusal = {
  code: 'NOT_FOUND',
  when: 'There is no such project in a team of the caller.',
  text: 'no such project',
}
const NO_MEMBER: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The caller is not a member of the team, or there is no such team.',
  text: 'you are not a member of this team',
}
const ROLE: Refusal = {
  code: 'AUTHORIZATION_ERROR',
  when: 'The caller’s role in the team does not allow it.',
  text: 'the role viewer may not do this',
}
const SIZE: Refusal = {
  code: 'VALIDATION_ERROR',
  when: 'The storyboard is too large.',
  text: 'spec is larger than 102400 bytes (100 KB) as compact JSON',
}
const conflict = (when: string, text: string): Refusal => ({ code: 'CONFLICT', when, text })

const ETAG = { ETag: 'Revision of the storyboard, `"r<spec_revision>"`.' }
const project = (status: number, description: string, value: object = example.project): Reply => ({
  ...json(status, description, 'project', value),
  headers: status === 201 ? { ...ETAG, Location: 'Path of the project.' } : ETAG,
})

export const projectOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/teams/{id}/projects',
    operationId: 'listProjects',
    summary: 'List the projects of a team',
    description: 'Those changed last come first. Archived ones are left out unless they are asked for.',
    tag: 'Projects',
    access: READ,
    parameters: [
      TEAM,
      query('status', 'Projects of this status alone.', { enum: PROJECT_STATUSES }),
      query('include_archived', 'Archived projects as well.', { type: 'boolean', default: false }),
      ...PAGE,
      CURSOR,
    ],
    replies: [{ ...json(200, 'A page of projects.', ['project'], [example.project]), headers: NEXT_PAGE }],
    refusals: [
      { code: 'VALIDATION_ERROR', when: 'A query value is wrong.', text: 'limit must be a whole number' },
      NO_MEMBER,
    ],
  },
  {
    method: 'post',
    path: '/v1/teams/{id}/projects',
    operationId: 'createProject',
    summary: 'Make a project',
    description: 'A draft. Its storyboard, if it is given one, is kept as it is and not checked.',
    tag: 'Projects',
    access: WRITE,
    parameters: [TEAM],
    body: {
      description: 'Name, and a storyboard to begin with.',
      required: true,
      content: [
        {
          type: 'application/json',
          schema: 'new-project',
          example: { name: 'The lamp', spec: example.storyboard },
        },
      ],
    },
    replies: [project(201, 'The new project.')],
    refusals: [SIZE, NO_MEMBER, ROLE],
  },
  {
    method: 'get',
    path: '/v1/projects/{id}',
    operationId: 'getProject',
    summary: 'Read a project',
    description: 'With its newest render in short.',
    tag: 'Projects',
    access: READ,
    parameters: [PROJECT],
    replies: [project(200, 'The project.', example.renderedProject)],
    refusals: [NO_PROJECT],
  },
  {
    method: 'patch',
    path: '/v1/projects/{id}',
    operationId: 'changeProject',
    summary: 'Rename a project',
    tag: 'Projects',
    access: WRITE,
    parameters: [PROJECT],
    body: {
      description: 'What is to change.',
      required: true,
      content: [
        { type: 'application/json', schema: 'project-changes', example: { name: 'The lamp, second cut' } },
      ],
    },
    replies: [project(200, 'The project.', { ...example.project, name: 'The lamp, second cut' })],
    refusals: [NO_PROJECT, ROLE],
  },
  {
    method: 'put',
    path: '/v1/projects/{id}/spec',
    operationId: 'replaceProjectSpec',
    summary: 'Save the storyboard of a project',
    description:
      'Replaces the whole storyboard and does not check it: half of a storyboard may be saved. A render that is under way goes on with the one it began with. With `If-Match` it is saved only when nobody else has saved one since.',
    tag: 'Projects',
    access: WRITE,
    parameters: [
      PROJECT,
      {
        name: 'If-Match',
        in: 'header',
        description: 'ETag of the revision that the caller has seen.',
        schema: { type: 'string' },
        example: '"r1"',
      },
    ],
    body: {
      description: 'The storyboard.',
      required: true,
      content: [{ type: 'application/json', schema: 'project-spec', example: { spec: example.storyboard } }],
    },
    replies: [project(200, 'The project.', { ...example.project, spec_revision: 2 })],
    refusals: [
      SIZE,
      {
        code: 'VALIDATION_ERROR',
        when: 'If-Match is no list of tags.',
        text: 'If-Match must look like "r7"',
      },
      NO_PROJECT,
      ROLE,
      conflict('The project is archived.', 'an archived project keeps its storyboard; unarchive it first'),
      {
        code: 'PRECONDITION_FAILED',
        when: 'The stored storyboard is another one than If-Match names; `details.revision` says which.',
        text: 'the storyboard is at revision 3',
      },
    ],
  },
  {
    method: 'delete',
    path: '/v1/projects/{id}',
    operationId: 'deleteProject',
    summary: 'Delete a project',
    description: 'Its files go with it. Its jobs and films stay, without a project.',
    tag: 'Projects',
    access: WRITE,
    parameters: [PROJECT],
    replies: [{ status: 204, description: 'It is gone.' }],
    refusals: [
      NO_PROJECT,
      ROLE,
      conflict(
        'A render of it is active.',
        'the project is being rendered; wait for it or cancel the render',
      ),
    ],
  },
  {
    method: 'post',
    path: '/v1/projects/{id}/archive',
    operationId: 'archiveProject',
    summary: 'Archive a project',
    description: 'It is left out of lists, keeps its storyboard and is not rendered.',
    tag: 'Projects',
    access: WRITE,
    parameters: [PROJECT],
    replies: [project(200, 'The project, archived.', { ...example.project, status: 'archived' })],
    refusals: [
      NO_PROJECT,
      ROLE,
      conflict('A render of it is active, or it is archived.', 'the project is archived already'),
    ],
  },
  {
    method: 'post',
    path: '/v1/projects/{id}/unarchive',
    operationId: 'unarchiveProject',
    summary: 'Bring a project back',
    description: 'It becomes a draft, also when it was completed before.',
    tag: 'Projects',
    access: WRITE,
    parameters: [PROJECT],
    replies: [project(200, 'The project, a draft.')],
    refusals: [NO_PROJECT, ROLE, conflict('It is not archived.', 'the project is not archived')],
  },
  {
    method: 'post',
    path: '/v1/projects/{id}/render',
    operationId: 'renderProject',
    summary: 'Render a project',
    description:
      'A job of the team, with the storyboard as it is now. Checks, in this order: role, idempotency key, archived or not, options and storyboard, quota, concurrency, credits.',
    tag: 'Projects',
    access: WRITE,
    parameters: [PROJECT, IDEMPOTENCY_KEY],
    shapeStatus: 422,
    body: {
      description: 'How to render it.',
      required: false,
      content: [
        {
          type: 'application/json',
          schema: 'render-request',
          example: { options: { engine: 'preview', resolution: '480p' } },
        },
      ],
    },
    replies: accepted('The new job, queued.', {
      owner: `framecast:team:${example.TEAM_ID}`,
      project_id: example.PROJECT_ID,
    }),
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'There is no storyboard yet, or it or an option is wrong.',
        text: 'the project has no storyboard yet',
      },
      NO_PROJECT,
      ROLE,
      QUOTA,
      conflict(
        'It is archived, or a render of it is active.',
        'this project is being rendered; wait for it or cancel it',
      ),
      NOT_READY,
      BUSY,
      BALANCE,
    ],
  },
  {
    method: 'post',
    path: '/v1/projects/{id}/render-plan',
    operationId: 'planProject',
    summary: 'See what a render of a project would do',
    description:
      'Scene by scene: reused or rendered, why, and what it would take. The same computation as the charge. Compared with the last renders of the project. Nothing is queued, spent or reserved.',
    tag: 'Projects',
    access: READ,
    parameters: [PROJECT],
    body: {
      description: 'How it would be rendered.',
      required: false,
      content: [
        {
          type: 'application/json',
          schema: 'render-plan-request',
          example: { scenes: ['lamp'], options: { engine: 'preview', resolution: '480p' } },
        },
      ],
    },
    replies: [json(200, 'What would be done with each scene.', 'render-plan', example.renderPlan)],
    refusals: [
      {
        code: 'VALIDATION_ERROR',
        when: 'There is no storyboard yet, or it or an option is wrong.',
        text: 'the project has no storyboard yet',
      },
      NO_PROJECT,
    ],
  },
  {
    method: 'get',
    path: '/v1/projects/{id}/lines',
    operationId: 'listSpokenLines',
    summary: 'Hear what has been spoken',
    description:
      'Lines of the storyboard as it is now that renders of the project have had spoken already: their measured length, their shape, and a link to hear them. A line that was never spoken, or in another voice, is not among them; while the storyboard has faults there are none.',
    tag: 'Projects',
    access: READ,
    parameters: [PROJECT],
    replies: [
      json(200, 'The lines, in the order in which they are heard.', ['spoken-line'], [example.spokenLine]),
    ],
    refusals: [NO_PROJECT],
  },
]
