import '@fontsource-variable/inter/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { onSignedOut } from './api/client.ts'
import { queries } from './queries.ts'
import { router } from './router.tsx'
import { callerQuery } from './session.tsx'
import { chosenTheme, showTheme } from './theme.ts'

showTheme(chosenTheme())

// The page stays as it is, under a dialog that asks for the password.
onSignedOut(() => queries.setQueryData(callerQuery.queryKey, null))

createRoot(document.querySelector('#studio')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
