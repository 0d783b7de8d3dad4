/** A text in which the passwords of addresses are replaced by ***. */
export function withoutPassword(text: string): string {
  return text.replace(/([a-z][\w+.-]*:\/\/[^\s:/@]*):[^\s/]*@/gi, '$1:***@');
}
