/** People and their API keys. */
import { defineEntity, p } from '@mikro-orm/core'
import type { Scope } from '../access/principal.ts'

export const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.uuid().primary(),
    email: p.string().columnType('citext'),
    name: p.text().nullable(),
    avatarUrl: p.text().nullable(),
    tier: p.text().$type<'starter' | 'creator'>().default('starter'),
    isOperator: p.boolean().default(false),
    credits: p.integer().default(0),
    ephemeralStorageBytes: p.bigint('number').default(0),
    upgradedAt: p.datetime().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
})

export const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.uuid().primary(),
    userId: p.uuid(),
    owner: p.text(),
    name: p.text().default('Default'),
    keyPrefix: p.text().default('sk_live_'),
    keyHash: p.text(),
    keyHashPrefix: p.text().nullable(),
    scopes: p.json().$type<Scope[]>(),
    lastUsedAt: p.datetime().nullable(),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
})
