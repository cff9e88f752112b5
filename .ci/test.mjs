// npm test: every check of the project. Ends with one line, `N passed, N failed`, and what was skipped.
// `--no-install` leaves out the programs of the system that tests need, `--coverage` measures which code they run
// (it takes longer); the rest goes to mocha.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { setPriority, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterSecondTry, againArgs, filesToTryAgain } from './again.mjs'
import { filesInOrder, JOBS } from './order.mjs'
import { binary, checkNode, install, ready, root } from './setup.mjs'
import { missingTools, parseArgs, systemTools } from './tools.mjs'

const scratch = mkdtempSync(join(tmpdir(), 'watchkeeper-test-'))
/** The programs that tests start, bundled once for the whole run. */
const program = join(scratch, 'program')

/** What tests start, serve or pack: made before they run, as a build removes what it replaces. */
const PREPARATIONS = [
  { name: 'build', script: '.ci/build.mjs', args: [] },
  { name: 'programs of the tests', script: '.ci/program.mjs', args: [program] },
]

/** Several checkers of the compiler each check the declarations that they share. */
const ONE = '--singleThreaded'

/** What no test waits for. */
const CHECKS = [
  { name: 'types', tool: 'typescript', command: 'tsc', args: ['-p', '.', ONE] },
  { name: 'types of the page', tool: 'typescript', command: 'tsc', args: ['-p', 'src/page', ONE] },
  { name: 'lint', tool: 'oxlint', args: ['--type-aware', 'src', 'test', '.ci'] },
  { name: 'dead code', tool: 'knip', args: ['--no-progress'] },
  { name: 'format', tool: 'oxfmt', args: ['--check'] },
]

const { isInstallWanted, isMeasured, forMocha } = parseArgs(process.argv.slice(2))

/** The niceness of the checks: tests that wait for a process or a timer go first. */
const BEHIND_TESTS = 10

/** Makes tools write without colours: oxlint heeds NO_COLOR only where CI is not set. */
const PLAIN = { NO_COLOR: '1', CI: undefined }

/** The compiler and the linter, written in Go, run beside tests: they collect garbage seldom, and work on one core. */
const BESIDE_TESTS = { GOGC: '400', GOMAXPROCS: '1' }

/** Memory in large pages, where the machine has them: it gets them from the system in fewer steps. */
const LARGE_PAGES = { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' }

/** Runs a Node script; returns its exit code and output. `niceness`: above 0, others run first. */
function run(script, args, { env = {}, show = false, niceness = 0 } = {}) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    })
    if (niceness > 0 && child.pid !== undefined) yieldTo(child.pid, niceness)
    let output = ''
    child.stdout?.on('data', data => (output += data))
    child.stderr?.on('data', data => (output += data))
    child.on('error', error => resolve({ code: 1, output: String(error) }))
    child.on('close', code => resolve({ code: code ?? 1, output }))
  })
}

function yieldTo(pid, niceness) {
  try {
    setPriority(pid, niceness)
  } catch {
    // It has ended already.
  }
}

/** Runs one check, prints how it ended, and gives its exit code. */
async function runCheck(check, { niceness = 0, env = {} } = {}) {
  const { name, tool, command, script = binary(tool, command), args } = check
  const { code, output } = await run(script, args, { env: { ...PLAIN, ...env }, niceness })
  console.log(`${code === 0 ? '✔' : '✖'} ${name}`)
  if (code !== 0) console.log(output.trimEnd().replace(/^/gm, '    '))
  return code
}

/** The checks one after the other, in the time that the tests spend waiting. */
async function runChecks() {
  const codes = []
  for (const check of CHECKS)
    codes.push(await runCheck(check, { niceness: BEHIND_TESTS, env: BESIDE_TESTS }))
  return codes
}

/** The tests, files side by side; their counts arrive through a file. */
async function runTests() {
  const counts = join(scratch, 'counts.json')
  // In a file or a pipe colours are noise; mocha writes them wherever CI is set.
  const colour = process.stdout.isTTY ? [] : ['--no-color']
  const isEverything = forMocha.length === 0
  const what = isEverything ? ['--parallel', '--jobs', String(JOBS), ...filesInOrder()] : forMocha
  const mocha = [binary('mocha'), ...colour, ...what]
  const isCompiled = existsSync(join(program, 'bundle'))
  const [script, ...args] = isMeasured ? measured(mocha, isEverything) : mocha
  const { code } = await run(script, args, {
    env: { ...inTests(isCompiled), WATCHKEEPER_TEST_COUNTS: counts },
    show: true,
  })
  const first = readCounts(counts)
  const counted = await withSecondTry(first, isCompiled)
  // A run that broke off, or fell below a threshold, failed even where no test did.
  const isUnsteady = first.failed > 0 && counted.failed === 0
  return code !== 0 && counted.failed === 0 && !isUnsteady ? { ...counted, failed: 1 } : counted
}

/** The environment of the tests. */
const inTests = isCompiled => ({
  ...LARGE_PAGES,
  ...(isCompiled && { COMPILED_PROGRAM: program }),
})

/** The command that measures the coverage of `mocha`, and judges it where all tests run: skipped ones cover less. */
function measured(mocha, isEverything) {
  const isWhole = isEverything && missingTools().length === 0
  const judged = isWhole ? [] : ['--check-coverage=false']
  return [binary('c8'), ...judged, process.execPath, ...mocha]
}

/** A few tests that failed beside others are run once more, alone; those that pass then are named. */
async function withSecondTry(first, isCompiled) {
  const files = filesToTryAgain(first)
  if (files.length === 0) return first
  console.log(`\nonce more, alone: ${files.map(file => relative(root, file)).join(' ')}`)
  const counts = join(scratch, 'again.json')
  await run(binary('mocha'), againArgs(files), {
    env: { ...inTests(isCompiled), WATCHKEEPER_TEST_COUNTS: counts },
    show: true,
  })
  const { counts: counted, unsteady } = afterSecondTry(first, readCounts(counts))
  for (const title of unsteady) console.log(`unsteady, passed alone: ${title}`)
  return counted
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

const installTools = () => systemTools(isInstallWanted)

async function runAll() {
  if (!ready(checkNode, installTools, install)) return { passed: 0, failed: 1, skipped: 0 }
  const prepared = await Promise.all(PREPARATIONS.map(each => runCheck(each)))
  const [tests, checked] = await Promise.all([runTests(), runChecks()])
  const codes = [...prepared, ...checked]
  return {
    passed: tests.passed + codes.filter(code => code === 0).length,
    failed: tests.failed + codes.filter(code => code !== 0).length,
    skipped: tests.skipped,
  }
}

process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
const { passed, failed, skipped } = await runAll()
const also = skipped > 0 ? `, ${skipped} skipped` : ''
console.log(`\n${passed} passed, ${failed} failed${also}`)
process.exitCode = failed === 0 ? 0 : 1
