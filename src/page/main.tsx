import './style.css'
import { render } from 'preact'
import { App } from './parts/app.tsx'
import { start } from './state.ts'

render(<App />, document.getElementById('app')!)
start()
