/* Generated from server/openapi/ by tools/generate-api-types.ts: change the operations, then run it again. */
import type {
  Asset,
  CloneRequest,
  Estimate,
  EstimateRequest,
  GenerateRequest,
  Job,
  NewWatchLink,
  Problem,
  SpecRequest,
  Status,
  Ticket,
  Upload,
  UploadRequest,
  ValidationResult,
  WatchLink,
  WatchLinkRequest,
} from './types.ts'

/** Whatever was wrong. */
type Refused = { content: { 'application/json': Problem } }
type Refusals = { '4XX': Refused; '5XX': Refused }

/** Every operation, by path and method, as `createClient<paths>()` of openapi-fetch takes it. Bodies are sent as JSON. */
export type paths = {
  '/v1/spec/validate': {
    /** Check a storyboard */
    post: {
      requestBody: { content: { 'application/json': SpecRequest } }
      responses: { 200: { content: { 'application/json': ValidationResult } } } & Refusals
    }
  }
  '/v1/spec/estimate': {
    /** Reckon what a render would take */
    post: {
      parameters: { query?: { owner?: string; engine?: 'auto' | 'preview' | 'comfyui' | 'runpod'; resolution?: '480p' | '720p' | '1080p'; aspect?: '16:9' | '9:16' | '1:1'; fps?: 16 | 24 | 30; seed?: number; workflow?: string; draft?: boolean } }
      requestBody: { content: { 'application/json': EstimateRequest } }
      responses: { 200: { content: { 'application/json': Estimate } } } & Refusals
    }
  }
  '/v1/generate': {
    /** Render a storyboard */
    post: {
      parameters: { query?: { owner?: string; engine?: 'auto' | 'preview' | 'comfyui' | 'runpod'; resolution?: '480p' | '720p' | '1080p'; aspect?: '16:9' | '9:16' | '1:1'; fps?: 16 | 24 | 30; seed?: number; workflow?: string; draft?: boolean }; header?: { 'Idempotency-Key'?: string } }
      requestBody: { content: { 'application/json': GenerateRequest } }
      responses: { 201: { content: { 'application/json': Job } }; 200: { content: { 'application/json': Job } } } & Refusals
    }
  }
  '/v1/jobs': {
    /** List jobs */
    get: {
      parameters: { query?: { status?: 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'; owner?: string; project_id?: string; created_after?: string; created_before?: string; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Job[] } } } & Refusals
    }
  }
  '/v1/jobs/{id}': {
    /** Read a job */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Job } } } & Refusals
    }
    /** Delete a finished job */
    delete: {
      parameters: { path: { id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/jobs/{id}/cancel': {
    /** Cancel a job */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Job } } } & Refusals
    }
  }
  '/v1/jobs/{id}/clone': {
    /** Render a finished job again */
    post: {
      parameters: { path: { id: string }; header?: { 'Idempotency-Key'?: string } }
      requestBody?: { content: { 'application/json': CloneRequest } }
      responses: { 201: { content: { 'application/json': Job } }; 200: { content: { 'application/json': Job } } } & Refusals
    }
  }
  '/v1/jobs/{id}/events': {
    /** Follow a job by server-sent events */
    get: {
      parameters: { path: { id: string }; query?: { last_event_id?: string }; header?: { 'Last-Event-ID'?: string } }
      responses: { 200: { content: { 'text/event-stream': string } } } & Refusals
    }
  }
  '/v1/ws': {
    /** Follow jobs by WebSocket */
    get: {
      responses: {  } & Refusals
    }
  }
  '/v1/ws/tickets': {
    /** Make a ticket for one WebSocket */
    post: {
      responses: { 201: { content: { 'application/json': Ticket } } } & Refusals
    }
  }
  '/v1/jobs/{id}/watch-links': {
    /** Make a link to a job’s live page */
    post: {
      parameters: { path: { id: string } }
      requestBody?: { content: { 'application/json': WatchLinkRequest } }
      responses: { 201: { content: { 'application/json': NewWatchLink } } } & Refusals
    }
    /** List the links of a job */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': WatchLink[] } } } & Refusals
    }
  }
  '/v1/jobs/{id}/watch-links/{link_id}': {
    /** Revoke a link */
    delete: {
      parameters: { path: { id: string; link_id: string } }
      responses: { 204: { content?: never } } & Refusals
    }
  }
  '/v1/assets': {
    /** List assets */
    get: {
      parameters: { query?: { status?: 'pending' | 'ready' | 'failed'; owner?: string; project_id?: string; content_type?: string; limit?: number; offset?: number; cursor?: string } }
      responses: { 200: { content: { 'application/json': Asset[] } } } & Refusals
    }
  }
  '/v1/assets/{id}': {
    /** Read an asset */
    get: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Asset } } } & Refusals
    }
  }
  '/v1/assets/upload-url': {
    /** Announce a file */
    post: {
      requestBody: { content: { 'application/json': UploadRequest } }
      responses: { 201: { content: { 'application/json': Upload } } } & Refusals
    }
  }
  '/v1/assets/{id}/confirm': {
    /** Confirm an upload */
    post: {
      parameters: { path: { id: string } }
      responses: { 200: { content: { 'application/json': Asset } } } & Refusals
    }
  }
  '/': {
    /** Name and version */
    get: {
      responses: { 200: { content: { 'text/plain': string } } } & Refusals
    }
  }
  '/health': {
    /** Whether the server is alive */
    get: {
      responses: { 200: { content: { 'text/plain': string } } } & Refusals
    }
  }
  '/ready': {
    /** Whether to send requests here */
    get: {
      responses: { 200: { content: { 'text/plain': string } } } & Refusals
    }
  }
  '/v1/status': {
    /** How the installation is doing */
    get: {
      responses: { 200: { content: { 'application/json': Status } } } & Refusals
    }
  }
  '/openapi.json': {
    /** This document */
    get: {
      responses: { 200: { content: { 'application/json': unknown } } } & Refusals
    }
  }
  '/schemas/{name}': {
    /** A published JSON Schema */
    get: {
      parameters: { path: { name: string } }
      responses: { 200: { content: { 'application/schema+json': unknown } } } & Refusals
    }
  }
  '/watch/{job}': {
    /** The live page of a job */
    get: {
      parameters: { path: { job: string } }
      responses: { 200: { content: { 'text/html': unknown } } } & Refusals
    }
  }
  '/watch/assets/{version}/{name}': {
    /** A file of the live page */
    get: {
      parameters: { path: { version: string; name: string } }
      responses: { 200: { content: { '*/*': unknown } } } & Refusals
    }
  }
  '/media/{key}': {
    /** A film, clip, picture or asset */
    get: {
      parameters: { path: { key: string }; query: { expires: string; signature: string; filename?: string }; header?: { Range?: string } }
      responses: { 200: { content: { '*/*': unknown } }; 206: { content: { '*/*': unknown } } } & Refusals
    }
  }
}
