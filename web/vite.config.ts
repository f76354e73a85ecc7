/** Builds the studio to static files with hashed names, which the server serves. No request ever leaves for another host. */
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { precompiledSchema } from './precompiled-schema.ts'

export default defineConfig({
  root: import.meta.dirname,
  base: '/studio/',
  plugins: [precompiledSchema(), react()],
  worker: { format: 'es', plugins: () => [precompiledSchema()] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows no data: scripts or styles, and fonts are files of their own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    chunkSizeWarningLimit: 700,
  },
})
