export function GatewayPage() {
  return <p>gateway</p>
}
