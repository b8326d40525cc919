/** How an address is shown to people: without the name and password that may stand in it. */

/** @returns the address as it is where it holds none; for messages, lines and details, not to fetch from. */
export function shownAddress(address: string): string {
  if (!/^https?:/i.test(address) || !URL.canParse(address))
    // A mistyped one holds its password too: everything before the last @.
    return address.replace(/^(\w+:\/+)?.*@/s, "$1");
  const url = new URL(address);
  if (url.username === "" && url.password === "") return address;
  url.username = "";
  url.password = "";
  return url.href;
}
