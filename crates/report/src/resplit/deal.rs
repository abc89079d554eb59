//! Dealing out units to parts whose wanted contents are known.

/// Images that have to stay together.
pub(super) struct Unit {
    pub(super) members: Vec<usize>,
    /// How many of them have each label.
    labels: Vec<(usize, f64)>,
    /// The part that most of them are in now.
    home: Option<usize>,
}

impl Unit {
    /// `before` counts the members in each part.
    pub(super) fn new(members: Vec<usize>, labels: Vec<(usize, f64)>, before: &[u32]) -> Self {
        let most = before.iter().copied().max().unwrap_or(0);
        let home = before.iter().position(|&count| count == most);
        Self {
            members,
            labels,
            home: home.filter(|_| most > 0),
        }
    }

    fn size(&self) -> f64 {
        self.members.len() as f64
    }
}

/// The parts while they are filled.
pub(super) struct Deal<'a> {
    targets: &'a [Vec<f64>],
    /// Images of each label in all parts together.
    totals: Vec<f64>,
    /// Images by part and label, and by part.
    now: Vec<Vec<f64>>,
    sizes: Vec<f64>,
    wanted: Vec<f64>,
    /// The units of each part, in the order in which they came.
    stacks: Vec<Vec<usize>>,
    given: usize,
}

impl<'a> Deal<'a> {
    /// Images wanted by part and label.
    pub(super) fn new(targets: &'a [Vec<f64>]) -> Self {
        let labels = targets.first().map_or(0, Vec::len);
        let total = |label: usize| targets.iter().map(|part| part[label]).sum::<f64>().max(1.0);
        Self {
            targets,
            totals: (0..labels).map(total).collect(),
            now: vec![vec![0.0; labels]; targets.len()],
            sizes: vec![0.0; targets.len()],
            wanted: targets.iter().map(|part| part.iter().sum()).collect(),
            stacks: vec![Vec::new(); targets.len()],
            given: 0,
        }
    }

    /// Gives the next unit to a part.
    pub(super) fn give(&mut self, unit: &Unit) {
        let home = unit.home.filter(|&part| self.has_room(part, unit));
        let part = home.unwrap_or_else(|| self.cheapest(unit));
        self.put(part, self.given, unit, 1.0);
        self.given += 1;
    }

    /// Moves the units that came last until no part is further from its wanted size than the
    /// largest unit. From the part that has most too many to the one that has most too few: each
    /// such move brings the sum of the squares of what is too many and too few down.
    pub(super) fn balance(&mut self, units: &[Unit]) {
        let largest = units.iter().map(Unit::size).fold(1.0, f64::max);
        loop {
            let off = |part: usize| self.sizes[part] - self.wanted[part];
            let parts = || 0..self.sizes.len();
            let over = parts().max_by(|&a, &b| off(a).total_cmp(&off(b)));
            let under = parts().min_by(|&a, &b| off(a).total_cmp(&off(b)));
            let (Some(over), Some(under)) = (over, under) else {
                return;
            };
            if off(over) <= largest && off(under) >= -largest {
                return;
            }
            let Some(number) = self.stacks[over].pop() else {
                return;
            };
            let unit = &units[number];
            self.count(over, unit, -1.0);
            self.put(under, number, unit, 1.0);
        }
    }

    /// The part of each unit.
    pub(super) fn parts(&self) -> Vec<usize> {
        let mut parts = vec![0; self.given];
        for (part, stack) in self.stacks.iter().enumerate() {
            stack.iter().for_each(|&unit| parts[unit] = part);
        }
        parts
    }

    fn put(&mut self, part: usize, number: usize, unit: &Unit, sign: f64) {
        self.count(part, unit, sign);
        self.stacks[part].push(number);
    }

    fn count(&mut self, part: usize, unit: &Unit, sign: f64) {
        self.sizes[part] += sign * unit.size();
        for &(label, count) in &unit.labels {
            self.now[part][label] += sign * count;
        }
    }

    /// Wanted numbers need not be whole: half an image over is none.
    fn has_room(&self, part: usize, unit: &Unit) -> bool {
        let fits = |now: f64, more: f64, wanted: f64| now + more <= wanted + 0.5;
        let label = |&(label, count): &(usize, f64)| {
            fits(self.now[part][label], count, self.targets[part][label])
        };
        fits(self.sizes[part], unit.size(), self.wanted[part]) && unit.labels.iter().all(label)
    }

    /// The part in which the unit brings sizes and label shares closest to those wanted: by the
    /// squares of what is missing, of each label in proportion to how many there are, and the size
    /// as much as all labels together.
    fn cheapest(&self, unit: &Unit) -> usize {
        let growth = |now: f64, more: f64, wanted: f64| more * (2.0 * (now - wanted) + more);
        let whole = self.wanted.iter().sum::<f64>().max(1.0) / self.totals.len().max(1) as f64;
        let cost = |part: usize| {
            let size = growth(self.sizes[part], unit.size(), self.wanted[part]) / whole;
            let label = |&(label, count): &(usize, f64)| {
                growth(self.now[part][label], count, self.targets[part][label]) / self.totals[label]
            };
            size + unit.labels.iter().map(label).sum::<f64>()
        };
        let parts = 0..self.targets.len();
        parts
            .min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
            .unwrap_or(0)
    }
}
