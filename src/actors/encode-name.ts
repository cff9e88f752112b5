/** nact refuses `/ : @ # % =` and spaces in names: everything unusual becomes `_<hex>_`. */
export function encodeName(name: string): string {
  return name.replace(/[^A-Za-z0-9-]/gu, char => `_${char.codePointAt(0)!.toString(16)}_`)
}
