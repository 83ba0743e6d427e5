//! What Spin offers a component beside WASI: variables, and a key-value store, each in the version of both of its SDKs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};

use super::State;

/// The only store, `default`: values by key. Whoever holds a copy can change what the component finds.
pub type KeyValues = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// What a component holds of an open store; there is but one to open.
struct OpenStore;

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    linker.instance("spin:variables/variables@3.0.0")?.func_wrap_concurrent("get", |accessor, (name,): (String,)| {
        Box::pin(async move { Ok((accessor.with(|mut store| store.get().variable(name)),)) })
    })?;
    linker
        .instance("fermyon:spin/variables@2.0.0")?
        .func_wrap("get", |store: StoreContextMut<'_, State>, (name,): (String,)| Ok((store.data().variable(name),)))?;

    let mut stores = linker.instance("spin:key-value/key-value@3.0.0")?;
    stores.resource("store", ResourceType::host::<OpenStore>(), |_, _| Ok(()))?;
    stores.func_wrap_concurrent("[static]store.open", |_, (label,): (String,)| Box::pin(async move { Ok((open(&label),)) }))?;
    stores.func_wrap_concurrent("[method]store.get", |accessor, (_, key): (Resource<OpenStore>, String)| {
        Box::pin(async move { Ok((accessor.with(|mut store| store.get().value(&key)),)) })
    })?;
    let mut stores = linker.instance("fermyon:spin/key-value@2.0.0")?;
    stores.resource("store", ResourceType::host::<OpenStore>(), |_, _| Ok(()))?;
    stores.func_wrap("[static]store.open", |_: StoreContextMut<'_, State>, (label,): (String,)| Ok((open(&label),)))?;
    stores.func_wrap("[method]store.get", |store: StoreContextMut<'_, State>, (_, key): (Resource<OpenStore>, String)| {
        Ok((store.data().value(&key),))
    })?;
    Ok(())
}

fn open(label: &str) -> Result<Resource<OpenStore>, StoreError> {
    if label == "default" { Ok(Resource::new_own(0)) } else { Err(StoreError::NoSuchStore) }
}

/// Spin's error for a variable. The two versions of the interface agree on it.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum VariableError {
    #[component(name = "invalid-name")]
    InvalidName(String),
    #[component(name = "undefined")]
    Undefined(String),
    #[component(name = "provider")]
    Provider(String),
    #[component(name = "other")]
    Other(String),
}

/// Spin's error for a store, the same in both versions.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StoreError {
    #[component(name = "store-table-full")]
    StoreTableFull,
    #[component(name = "no-such-store")]
    NoSuchStore,
    #[component(name = "access-denied")]
    AccessDenied,
    #[component(name = "other")]
    Other(String),
}

impl State {
    fn variable(&self, name: String) -> Result<String, VariableError> {
        self.variables.get(&name).cloned().ok_or(VariableError::Undefined(name))
    }

    fn value(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.key_values.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }
}
