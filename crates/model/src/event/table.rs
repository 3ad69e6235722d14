//! What an event is, derived from one row.
//!
//! A row names the variant, its wire name, the context that records it, its bit
//! in a stored set, and its fields in the order in which the body carries them:
//!
//! ```text
//! ItemsReturned = "ItemsReturned" by Inventory, bit 15, asked "checkin" {
//!     order: OrderId = order_id,          // needed
//!     down: u32 = down or 0,              // read as 0 if it is absent, always written
//!     attempt: u32 = attempt unless 1,    // neither read nor written if it is 1
//!     reason: Option<Reason> = reason,    // written if there is one
//! }
//! ```
//!
//! What stands behind `=` is a field of [`Wire`](super::wire::Wire), which gives it its name
//! in a body: a name means the same, of the same type, in every event.

macro_rules! events {
    ($(
        $(#[$doc:meta])*
        $kind:ident = $wire:literal by $context:ident, bit $bit:literal
        $(, asked $asked:literal $(or $else_asked:literal with $hand:ident)?)?
        $(, again by $attempt:ident)?
        $(, its number as $number:ident)?
        $(, no $id:ident)?
        {
            $(
                $(#[$field_doc:meta])*
                $field:ident: $type:ty = $name:ident $(or $default:tt)? $(unless $silent:tt)?
            ),+ $(,)?
        }
    )+) => {
        /// Something that happened, in the words of the context that decided it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $(
                $(#[$doc])*
                $kind { $($(#[$field_doc])* $field: $type),+ },
            )+
        }

        /// What kind of event, in the order in which a rental meets them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($kind),+ }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The `eventType` on the wire.
            pub const fn wire_name(self) -> &'static str {
                match self { $(Self::$kind => $wire),+ }
            }

            /// Who records it.
            pub const fn context(self) -> Context {
                match self { $(Self::$kind => Context::$context),+ }
            }

            /// Its place in a stored set of kinds. Never changes, never reused.
            pub const fn bit(self) -> u32 {
                match self { $(Self::$kind => 1 << $bit),+ }
            }

            /// Whether an order may have more than one: whoever is asked may be asked again.
            pub const fn may_repeat(self) -> bool {
                match self { $($(Self::$kind => !stringify!($attempt).is_empty(),)?)+ _ => false }
            }

            pub fn from_wire_name(name: &str) -> Option<Self> {
                match name { $($wire => Some(Self::$kind),)+ _ => None }
            }
        }

        impl Event {
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$kind { .. } => Kind::$kind),+ }
            }

            /// The rental it is about; none for an event about the shelf alone.
            pub fn order(&self) -> Option<OrderId> {
                match self { $(Self::$kind { $($field),+ } => None$(.or(Carried::order($field)))+),+ }
            }

            /// The product it names, if it names one.
            pub fn product(&self) -> Option<ProductId> {
                match self { $(Self::$kind { $($field),+ } => None$(.or(Carried::product($field)))+),+ }
            }

            /// The command that people or programs give for it, if there is one.
            pub const fn asked_by(&self) -> Option<&'static str> {
                match self {
                    $($($(Self::$kind { $hand: Some(_), .. } => Some($else_asked),)?)?)+
                    $($(Self::$kind { .. } => Some($asked),)?)+
                    _ => None,
                }
            }

            /// Which attempt of what may be tried again; 0 for what happens once.
            pub const fn attempt(&self) -> u32 {
                match self { $($(Self::$kind { $attempt, .. } => *$attempt,)?)+ _ => 0 }
            }

            /// Whether its body says its number as `id`.
            const fn carries_id(&self) -> bool {
                match self { $($(Self::$kind { .. } => stringify!($id).is_empty(),)?)+ _ => true }
            }

            /// Writes what is its own of a body.
            fn write<M: SerializeMap>(&self, body: &mut M, number: u64) -> Result<(), M::Error> {
                match self {
                    $(Self::$kind { $($field),+ } => {
                        $(if !Carried::is_absent($field) $(&& *$field != $silent)? {
                            body.serialize_entry(name::$name, $field)?;
                        })+
                        $(body.serialize_entry(name::$number, &number)?;)?
                    })+
                }
                let _ = number;
                Ok(())
            }
        }

        impl Wire {
            /// The event of this kind that the fields make.
            fn event(self, kind: Kind) -> Result<Event, Unreadable> {
                Ok(match kind {
                    $(Kind::$kind => Event::$kind {
                        $($field: Carried::read(self.$name)
                            $(.or(Some($default)))? $(.or(Some($silent)))?
                            .ok_or(Unreadable::Missing { kind, field: <$type>::lacking(name::$name) })?,)+
                    },)+
                })
            }
        }
    };
}

pub(super) use events;
