/** How many of what, around teams. The database holds the same numbers (migrations/0002). */
export const MAX_OWNED_TEAMS = 10
export const MAX_MEMBERSHIPS = 50
export const MAX_PENDING_INVITATIONS = 50
/** Invitations that a team may send in a day (UTC), again included. */
export const MAX_INVITATIONS_PER_DAY = 20
