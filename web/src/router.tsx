/** The pages and their addresses. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { NotFound, PageFault } from './pages/faults.tsx'
import { HomePage } from './pages/home.tsx'
import { librarySearch } from './pages/library/search.ts'
import { ProjectsPage } from './pages/projects.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { queries, teamsQuery } from './queries.ts'
import { callerQuery } from './session.tsx'
import { Shell } from './shell/shell.tsx'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: ({ next }: Record<string, unknown>): { next?: string } =>
    // Only a path of the studio itself: an address from a link must not lead elsewhere.
    typeof next === 'string' && /^\/(?!\/|\\)/.test(next) ? { next } : {},
  component: SignInPage,
})

const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./pages/setup.tsx'), 'SetupPage'),
})

/** Pages for people who are signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ location, cause }) => {
    const caller = await queries.ensureQueryData(callerQuery)
    // Somebody whose session ends at work stays where they are, under a dialog.
    if (!caller && cause !== 'stay')
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } })
  },
  component: Shell,
  errorComponent: PageFault,
})

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  loader: async () => {
    const caller = await queries.ensureQueryData(callerQuery)
    // Teams are for creators; a starter becomes one with the first team.
    if (caller?.user.tier === 'starter') return
    const teams = await queries.fetchQuery(teamsQuery)
    const first = teams[0]
    if (first) throw redirect({ to: '/t/$team', params: { team: first.slug } })
  },
  component: HomePage,
})

export type ProjectsSearch = { q?: string; status?: 'rendering' | 'completed' | 'archived' }

export const projects = createRoute({
  getParentRoute: () => inside,
  path: '/t/$team',
  validateSearch: ({ q, status }: Record<string, unknown>): ProjectsSearch => ({
    ...(typeof q === 'string' && q !== '' ? { q } : {}),
    ...(status === 'rendering' || status === 'completed' || status === 'archived' ? { status } : {}),
  }),
  component: ProjectsPage,
})

const library = createRoute({
  getParentRoute: () => inside,
  path: '/t/$team/library',
  validateSearch: librarySearch,
  component: lazyRouteComponent(() => import('./pages/library.tsx'), 'LibraryPage'),
})

const queue = createRoute({
  getParentRoute: () => inside,
  path: '/t/$team/queue',
  component: lazyRouteComponent(() => import('./pages/queue.tsx'), 'QueuePage'),
})

const job = createRoute({
  getParentRoute: () => inside,
  path: '/t/$team/queue/$job',
  component: lazyRouteComponent(() => import('./pages/job.tsx'), 'JobPage'),
})

const engine = createRoute({
  getParentRoute: () => inside,
  path: '/engines/$slug',
  component: lazyRouteComponent(() => import('./pages/engine.tsx'), 'EnginePage'),
})

const engines = createRoute({
  getParentRoute: () => inside,
  path: '/engines',
  component: lazyRouteComponent(() => import('./pages/engines.tsx'), 'EnginesPage'),
})

const team = createRoute({
  getParentRoute: () => inside,
  id: 'team',
  component: lazyRouteComponent(() => import('./pages/team/layout.tsx'), 'TeamLayout'),
})

const teamPages = [
  createRoute({
    getParentRoute: () => team,
    path: '/t/$team/team',
    component: lazyRouteComponent(() => import('./pages/team/members.tsx'), 'MembersPage'),
  }),
  createRoute({
    getParentRoute: () => team,
    path: '/t/$team/webhooks',
    component: lazyRouteComponent(() => import('./pages/team/webhooks.tsx'), 'WebhooksPage'),
  }),
  createRoute({
    getParentRoute: () => team,
    path: '/t/$team/webhooks/$webhook',
    component: lazyRouteComponent(() => import('./pages/team/webhook.tsx'), 'WebhookPage'),
  }),
  createRoute({
    getParentRoute: () => team,
    path: '/t/$team/usage',
    component: lazyRouteComponent(() => import('./pages/team/usage.tsx'), 'UsagePage'),
  }),
  createRoute({
    getParentRoute: () => team,
    path: '/t/$team/audit',
    component: lazyRouteComponent(() => import('./pages/team/audit.tsx'), 'AuditPage'),
  }),
] as const

const account = createRoute({
  getParentRoute: () => inside,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/account/layout.tsx'), 'AccountLayout'),
})

const accountPages = [
  createRoute({
    getParentRoute: () => account,
    path: '/',
    component: lazyRouteComponent(() => import('./pages/account/you.tsx'), 'YouPage'),
  }),
  createRoute({
    getParentRoute: () => account,
    path: '/keys',
    component: lazyRouteComponent(() => import('./pages/account/keys.tsx'), 'KeysPage'),
  }),
  createRoute({
    getParentRoute: () => account,
    path: '/sessions',
    component: lazyRouteComponent(() => import('./pages/account/sessions.tsx'), 'SessionsPage'),
  }),
] as const

export type View = 'board' | 'source' | 'film'

/** `a` and `b` are the films that are looked at, `at` a frame of the first. */
type EditorSearch = {
  scene?: string
  view?: View
  a?: string | undefined
  b?: string | undefined
  at?: number | undefined
}

export const editor = createRoute({
  getParentRoute: () => inside,
  path: '/t/$team/p/$project',
  validateSearch: ({ scene, view, a, b, at }: Record<string, unknown>): EditorSearch => ({
    ...(typeof scene === 'string' ? { scene } : {}),
    ...(view === 'source' || view === 'film' ? { view } : {}),
    ...(typeof a === 'string' ? { a } : {}),
    ...(typeof b === 'string' ? { b } : {}),
    ...(Number.isSafeInteger(at) && Number(at) >= 0 ? { at: Number(at) } : {}),
  }),
  component: lazyRouteComponent(() => import('./pages/editor/editor.tsx'), 'EditorPage'),
})

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    setUp,
    inside.addChildren([
      home,
      projects,
      editor,
      library,
      queue,
      job,
      engines,
      engine,
      team.addChildren(teamPages),
      account.addChildren(accountPages),
    ]),
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
