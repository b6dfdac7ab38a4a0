// Renders a photo to the portal's table of sizes with sharp, on one thread as the portal does; prints renditions a second.
const path = require("node:path");
const sharp = require(path.resolve("var/sharp/node_modules/sharp"));

const [file, photos, table] = process.argv.slice(2);
sharp.concurrency(1);
sharp.cache(false);

async function main() {
  const specs = JSON.parse(table);
  const start = process.hrtime.bigint();
  for (let photo = 0; photo < Number(photos); photo++) {
    for (const [width, format, quality] of specs) {
      const options = format === "jpeg" ? { quality, progressive: true } : { quality };
      await sharp(file).rotate().resize({ width, withoutEnlargement: true }).toFormat(format, options).toBuffer();
    }
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  process.stdout.write(String((Number(photos) * specs.length) / seconds));
}

main();
