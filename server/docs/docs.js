/* Starts the browser of the API's document, in the colours that the reader prefers. */

const dark = matchMedia('(prefers-color-scheme: dark)')
const paint = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
paint()
dark.addEventListener('change', paint)

addEventListener('DOMContentLoaded', () => {
  globalThis.SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#docs',
    deepLinking: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: false,
    // Nothing of the document goes to anybody else.
    validatorUrl: null,
    withCredentials: true,
  })
})
