export function TradesPage() {
  return <p>trades</p>
}
