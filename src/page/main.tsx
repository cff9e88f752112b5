import './style.css'
import { render } from 'preact'
import { App } from './parts/app.tsx'
import { start } from './state.ts'

const root = document.getElementById('app')!

if (location.pathname.endsWith('/docs')) {
  // The document needs no data of the account: nothing of the live page begins.
  void import('./views/docs.tsx').then(({ DocsPage }) => {
    root.replaceChildren()
    render(<DocsPage />, root)
  })
} else {
  // The first request is on its way while the page is rendered.
  start()
  render(<App />, root)
}
