//! Pictures of a page as a test reads them: tags with their attributes, and axes by their own ticks.
use std::collections::BTreeMap;

/// An opening tag and the text behind it.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub text: String,
    attributes: BTreeMap<String, String>,
}

impl Tag {
    pub fn is(&self, name: &str, class: &str) -> bool {
        let classes = self.attributes.get("class").map_or("", String::as_str);
        self.name == name && class.split(' ').all(|one| classes.split(' ').any(|own| own == one))
    }

    pub fn text_of(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).unwrap_or_else(|| panic!("no {attribute}: {self:?}"))
    }

    pub fn number(&self, attribute: &str) -> f64 {
        self.text_of(attribute).parse().unwrap_or_else(|_| panic!("{attribute} is no number: {self:?}"))
    }
}

/// Every opening tag, in order.
pub fn tags(markup: &str) -> Vec<Tag> {
    let parts = markup.split('<').skip(1).filter(|part| !part.starts_with(['/', '!']));
    parts.map(tag).collect()
}

fn tag(part: &str) -> Tag {
    let (inside, text) = part.split_once('>').unwrap_or_else(|| panic!("no tag: {part}"));
    let (name, mut rest) = inside.split_once(' ').unwrap_or((inside, ""));
    let mut attributes = BTreeMap::new();
    while let Some((attribute, more)) = rest.split_once("=\"") {
        let (value, more) = more.split_once('"').unwrap_or_else(|| panic!("no end: {inside}"));
        attributes.insert(attribute.trim().to_string(), value.to_string());
        rest = more;
    }
    Tag { name: name.to_string(), text: text.to_string(), attributes }
}

/// The section with a heading of that id.
pub fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let start = page.find(&format!("id=\"{id}\"")).unwrap_or_else(|| panic!("no section {id}"));
    let end = page[start..].find("</section>").expect("it is closed") + start;
    &page[start..end]
}

/// Each picture of a class by itself.
pub fn pictures<'a>(markup: &'a str, opening: &str) -> Vec<&'a str> {
    markup.split(opening).skip(1).map(|rest| rest.split("</svg>").next().unwrap_or_default()).collect()
}

/// Where values lie, by two ticks of the picture itself; all its ticks lie so.
pub struct Axis {
    start: (f64, f64),
    step: f64,
    through: fn(f64) -> f64,
}

impl Axis {
    /// Through ticks (pixel, value); `through` makes equal distances equal steps.
    pub fn new(ticks: &[(f64, f64)], through: fn(f64) -> f64) -> Self {
        let [first, .., last] = ticks else { panic!("too few ticks: {ticks:?}") };
        let step = (last.0 - first.0) / (through(last.1) - through(first.1));
        let axis = Axis { start: *first, step, through };
        for (pixel, value) in ticks {
            axis.assert_at(*value, *pixel, "tick");
        }
        axis
    }

    pub fn pixel(&self, value: f64) -> f64 {
        self.start.0 + self.step * ((self.through)(value) - (self.through)(self.start.1))
    }

    /// What `through` makes of the value at a pixel.
    pub fn at(&self, pixel: f64) -> f64 {
        (self.through)(self.start.1) + (pixel - self.start.0) / self.step
    }

    /// Within what a tenth of a pixel, written, can be off.
    pub fn assert_at(&self, value: f64, pixel: f64, what: &str) {
        let expected = self.pixel(value);
        assert!((expected - pixel).abs() <= 0.2, "{what}: {value} belongs at {expected:.2}, not at {pixel}");
    }
}

/// `500 ms`, `2 s`, `1 min` in milliseconds.
pub fn time_of(tick: &str) -> f64 {
    let (number, unit) = tick.rsplit_once(' ').unwrap_or_else(|| panic!("no time: {tick}"));
    let unit = match unit {
        "ms" => 1.0,
        "s" => 1e3,
        "µs" => 1e-3,
        "min" => 60e3,
        other => panic!("{other}"),
    };
    number.replace(',', "").parse::<f64>().expect("a number") * unit
}
