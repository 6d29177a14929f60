// Checks an AsyncAPI document, and the schemas it points to, with the official parser.
// Exit code 1 when it finds an error or a warning.

import { DiagnosticSeverity, fromFile, Parser } from "@asyncapi/parser";

const [file] = process.argv.slice(2);
const { document, diagnostics } = await fromFile(new Parser(), file).parse();
const faults = diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
for (const { code, message, path } of faults) console.error(`${file}: /${path.join("/")}: ${message} (${code})`);
if (document === undefined || faults.length > 0) process.exit(1);
