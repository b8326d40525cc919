/** What stands in a file's place when it was not fetched. */

/** What git has of a file that git-lfs keeps elsewhere. */
export const POINTER = `version ${["https:", "", "git-lfs.github.com", "spec", "v1"].join("/")}
oid sha256:${"4d7a".repeat(16)}
size 1167984
`;

/** What a server sends to whom it refuses. */
export const PAGE = "<!DOCTYPE html>\n<html><body>401 Unauthorized</body></html>\n";
