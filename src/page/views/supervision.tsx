export function SupervisionPage() {
  return <p>supervision</p>
}
