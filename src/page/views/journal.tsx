export function JournalPage() {
  return <p>journal</p>
}
