//! Publishers that never know whether they were heard, and say it all again: any order of repetitions, restarts and a log
//! that loses things gives each event once.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::outside::event;
use crate::world::World;

const NODES: [&str; 3] = ["/acme/a", "/acme/b", "/acme/c"];

#[derive(Clone, Debug)]
enum Step {
    /// A batch of events by number; the node follows from the number.
    Publish(Vec<u8>),
    Append,
    LoseWaiting,
    Restart {
        from_snapshot: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(0_u8..20, 1..6).prop_map(Step::Publish),
        2 => Just(Step::Append),
        1 => Just(Step::LoseWaiting),
        1 => any::<bool>().prop_map(|from_snapshot| Step::Restart { from_snapshot }),
    ]
}

proptest! {
    #[test]
    fn each_event_is_there_once_whatever_is_repeated(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        world.add_publisher(&["/acme/"]);
        world.log_is_prompt = false;
        // What the log has kept, as its publisher was told: by event its position and offset.
        let mut known: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
        let mut waiting: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
        let mut heard = vec![Step::Append];
        heard.splice(0..0, steps);
        for step in heard {
            match step {
                Step::Publish(numbers) => {
                    let events = numbers.iter().map(|number| {
                        event(NODES[usize::from(*number) % 3], &number.to_string(), &format!("event {number}"))
                    });
                    let outcomes = world.outside(events.collect());
                    for (number, outcome) in numbers.into_iter().zip(outcomes) {
                        let answer = outcome.unwrap();
                        let told = (answer.position.0, answer.offset.unwrap());
                        let before = known.get(&number).or(waiting.get(&number)).copied();
                        prop_assert_eq!(answer.is_repeated, before.is_some());
                        prop_assert_eq!(before.unwrap_or(told), told, "the first answer again");
                        if before.is_none() {
                            waiting.insert(number, told);
                        }
                    }
                }
                Step::Append => {
                    world.append_all();
                    known.append(&mut waiting);
                }
                Step::LoseWaiting => {
                    world.lose_waiting();
                    waiting.clear();
                }
                Step::Restart { from_snapshot } => {
                    if from_snapshot {
                        world.append_all();
                        known.append(&mut waiting);
                        world = world.restarted_from_snapshot();
                    } else {
                        waiting.clear();
                        world = world.restarted();
                    }
                    world.log_is_prompt = false;
                }
            }
        }
        for (place, node) in NODES.iter().enumerate() {
            let of_node = known.iter().filter(|(number, _)| usize::from(**number) % 3 == place);
            let mut offsets: Vec<u64> = of_node.map(|(_, (_, offset))| *offset).collect();
            offsets.sort_unstable();
            let all: Vec<u64> = (1..=offsets.len() as u64).collect();
            prop_assert_eq!(offsets, all, "no event of {} is doubled or missing", node);
        }
    }
}
