export function PerformancePage() {
  return <p>performance</p>
}
