/** The header that tells the service who asks; none without a key. The only place that knows its form. */
export function authorization(key: string | undefined): Record<string, string> {
  return key ? { Authorization: `Bearer ${key}` } : {};
}
