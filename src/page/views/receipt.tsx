export function ReceiptPage() {
  return <p>receipt</p>
}
